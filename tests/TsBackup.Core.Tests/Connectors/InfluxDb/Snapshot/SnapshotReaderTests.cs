using System.Globalization;
using System.Net.Sockets;
using System.Text;
using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb;
using TsBackup.Connectors.InfluxDb.Snapshot;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.TestServers;
using TsBackup.Tests.Connectors.InfluxDb.Tsm;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb.Snapshot;

/// <summary>Whole shards through the snapshot port of a real server.</summary>
public sealed class SnapshotReaderTests
{
    private const long Start = 1_772_409_600_000_000_000;
    private const long Second = 1_000_000_000;

    [SkippableFact]
    public async Task PortAndQueriesGiveTheSameDigests()
    {
        await using var server = await StartAsync();
        await server.WriteAsync("telemetry", Lines("cpu", 0, 20_000) + Lines("mem", 500_000, 600_000, 97) + "old v=1 -1\n");
        await server.QueryAsync($"DELETE FROM cpu WHERE host = 'h1' AND time < {Start + (500 * Second)}", "telemetry");
        await using var http = Open(server, "off");
        await using var native = Open(server);

        var expected = await SliceSummaries.OfAsync(http);
        Assert.Equal(3, expected.Count);
        Assert.Equal(expected, await SliceSummaries.OfAsync(native));
    }

    [SkippableFact]
    public async Task AnUnchangedShardKeepsItsFingerprintAndEveryChangeGivesAnother()
    {
        await using var server = await StartAsync();
        await server.WriteAsync("telemetry", Lines("cpu", 0, 3000) + Lines("cpu", 700_000, 700_100));
        var first = await FingerprintsAsync(server);
        Assert.Equal(2, first.Count);
        Assert.DoesNotContain(null, first.Values);
        Assert.Equal(first, await FingerprintsAsync(server));

        await server.WriteAsync("telemetry", $"cpu,host=late v=1 {Start + 5}\n");
        var written = await FingerprintsAsync(server);
        Assert.Single(written.Keys, id => written[id] != first[id]);

        await server.QueryAsync($"DELETE FROM cpu WHERE time > {Start + (699_000 * Second)}", "telemetry");
        var deleted = await FingerprintsAsync(server);
        Assert.Single(deleted.Keys, id => deleted[id] != written[id]);
        Assert.Equal(deleted, await FingerprintsAsync(server));
    }

    [SkippableFact]
    public async Task AFingerprintTakenSoonAfterAChangeIsKnownAgainLater()
    {
        await using var server = await StartAsync();
        await server.WriteAsync("telemetry", Lines("cpu", 0, 3000));
        await FingerprintsAsync(server);
        // Mostly one, but a server that looks at its cache in the middle of a write makes a file of each half.
        var file = Directory.EnumerateFiles(Path.Combine(server.Folder, "data", "telemetry"), "*.tsm", SearchOption.AllDirectories).First();
        var changed = new DateTime(2026, 5, 4, 3, 2, 1, 250, DateTimeKind.Utc);
        foreach (var path in Directory.EnumerateFiles(Path.GetDirectoryName(file)!))
            File.SetLastWriteTimeUtc(path, changed.AddHours(-1));
        File.SetLastWriteTimeUtc(file, changed);
        await using var native = Open(server);
        var later = Assert.Single(await native.PlanAsync(await native.DescribeAsync(default), Scope.All, default));

        var soon = Assert.Single(await FingerprintsAsync(server)).Value!;

        Assert.NotEqual(soon, later.Fingerprint);
        Assert.True(await native.IsUnchangedAsync(later, soon, default));
        File.SetLastWriteTimeUtc(file, changed.AddMilliseconds(20));
        Assert.False(await native.IsUnchangedAsync(later, soon, default));
    }

    [SkippableFact]
    public async Task NoAcknowledgedPointIsMissingWhenTheShardIsBusy()
    {
        await using var server = await StartAsync("cache-snapshot-memory-size = 300000\ncache-snapshot-write-cold-duration = \"1s\"");
        await server.WriteAsync("telemetry", Lines("cpu", 0, 1000));
        using var stop = new CancellationTokenSource();
        var acknowledged = 1000;
        var writing = Task.Run(async () =>
        {
            for (var next = 1000; !stop.IsCancellationRequested; next += 200)
            {
                await server.WriteAsync("telemetry", Lines("cpu", next, next + 200));
                Volatile.Write(ref acknowledged, next + 200);
            }
        });
        await using var native = Open(server);
        var port = new SnapshotPort("127.0.0.1", server.BackupPort, new ConnectorOptions());
        try
        {
            for (var round = 0; round < 8; round++)
            {
                // Others who ask for the same shard keep the server busy with it.
                var shard = (await port.ReadMetaAsync(default)).Find("telemetry")!.Policies[0].ShardGroups[0].Shards[0];
                var noise = Enumerable.Range(0, 3).Select(_ => port.FlushAsync(shard, default)).ToArray();
                var before = Volatile.Read(ref acknowledged);
                var slices = await SliceSummaries.OfAsync(native);
                Assert.True(slices.Values.Single().Rows >= before * 3, $"round {round}: {slices.Values.Single().Rows} rows of {before * 3}");
                await Task.WhenAll(noise);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await writing;
        }
    }

    [SkippableFact]
    public async Task AStreamThatIsCutAtAnyPlaceIsAnErrorThatNamesTheShard()
    {
        await using var server = await StartAsync();
        await server.WriteAsync("telemetry", Lines("cpu", 0, 2000));
        var port = new SnapshotPort("127.0.0.1", server.BackupPort, new ConnectorOptions());
        var meta = await port.ReadMetaAsync(default);
        var shard = meta.Find("telemetry")!.Policies[0].ShardGroups[0].Shards[0];
        using (var whole = await port.FetchAsync(shard, $"telemetry/autogen/{shard}", new SpoolBudget(1 << 20), default))
            Assert.Equal(1, whole.Files.TsmCount);
        var stream = await CaptureAsync(server.BackupPort, shard);
        Assert.True(stream.Length > 4096);
        foreach (var length in new[] { 0, 1, 300, 512, 700, 4000, stream.Length - 1025, stream.Length - 1024, stream.Length - 512, stream.Length - 1 })
        {
            await using var cut = Serve(stream.AsMemory(0, length));
            var error = await Assert.ThrowsAsync<TsBackupException>(() => new SnapshotPort("127.0.0.1", cut.Port, new ConnectorOptions()) { BusyTries = 2 }
                .FetchAsync(shard, $"telemetry/autogen/{shard}", new SpoolBudget(1 << 20), default));
            Assert.Equal(length == 0 ? ErrorId.StoreBusy : ErrorId.StoreReplyTruncated, error.Id);
            Assert.Contains($"shard {shard}", error.Message, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task APartOfAShardWithTombstonesHasWhatQueriesGive()
    {
        await using var server = await StartAsync("cache-snapshot-write-cold-duration = \"1s\"");
        await server.WriteAsync("telemetry", Lines("cpu", 0, 5000));
        await using var http = Open(server, "off");
        await using var native = Open(server);

        // Once as TSM files, so that the deletion is a tombstone beside them.
        Assert.Equal(15_000, (await SliceSummaries.OfAsync(native)).Values.Sum(slice => slice.Rows));
        var deleted = $"host = 'h1' AND time >= {Start + (1000 * Second)} AND time < {Start + (3000 * Second)}";
        await server.QueryAsync($"DELETE FROM cpu WHERE {deleted}", "telemetry");
        var scope = new Scope([], [], new TimeRange(Start + (900 * Second), Start + (1500 * Second)));

        var expected = await SliceSummaries.OfAsync(http, scope);

        Assert.Equal((601 * 2) + 100, Assert.Single(expected).Value.Rows);
        Assert.Equal(expected, await SliceSummaries.OfAsync(native, scope));
    }

    [SkippableFact]
    public async Task AnotherShardThanAskedForIsRefused()
    {
        await using var server = await StartAsync();
        await server.WriteAsync("telemetry", Lines("cpu", 0, 100));
        var port = new SnapshotPort("127.0.0.1", server.BackupPort, new ConnectorOptions());
        var shard = (await port.ReadMetaAsync(default)).Find("telemetry")!.Policies[0].ShardGroups[0].Shards[0];

        var error = await Assert.ThrowsAsync<TsBackupException>(() => port.FetchAsync(shard, "telemetry/autogen/77", new SpoolBudget(0), default));

        Assert.Equal(ErrorId.StoreReplyInvalid, error.Id);
    }

    [SkippableFact]
    public async Task ShardsThatDoNotFitInMemoryAreReadFromTemporaryFiles()
    {
        await using var server = await StartAsync();
        await server.WriteAsync("telemetry", Lines("cpu", 0, 20_000));
        var port = new SnapshotPort("127.0.0.1", server.BackupPort, new ConnectorOptions());
        var shard = (await port.ReadMetaAsync(default)).Find("telemetry")!.Policies[0].ShardGroups[0].Shards[0];
        var rows = new List<long>();
        foreach (var budget in new[] { 0L, 1L << 30 })
        {
            using var spooled = await port.FetchAsync(shard, $"telemetry/autogen/{shard}", new SpoolBudget(budget), default);
            var slice = new Slice(new TableId("autogen", "cpu"), TimeRange.All);
            var merge = new TsBackup.Connectors.InfluxDb.Tsm.SeriesMerge(spooled.Files.OpenStreams(null));
            var count = 0L;
            foreach (var step in TsBackup.Connectors.InfluxDb.Tsm.ShardReader.Read(merge, _ => slice, [slice], default))
            {
                if (step is SliceRows(_, var batch))
                {
                    count += batch.RowCount;
                    batch.Dispose();
                }
            }
            rows.Add(count);
        }
        Assert.Equal([60_000, 60_000], rows);
    }

    [SkippableFact]
    public async Task ThePortOfAnotherServerIsNotTaken()
    {
        await using var server = await StartAsync();
        await using var other = await StartAsync();
        await server.WriteAsync("telemetry", Lines("cpu", 0, 100));
        await other.WriteAsync("telemetry", "cpu v=1 1\n");
        await using var mixed = new InfluxDbConnector(
            StoreAddress.Parse($"{server.StoreUri("telemetry")}?snapshot=127.0.0.1:{other.BackupPort}"), new ConnectorOptions());

        var error = await Assert.ThrowsAsync<TsBackupException>(() => mixed.DescribeAsync(default));

        Assert.Equal(ErrorId.StoreReplyInvalid, error.Id);
    }

    [SkippableFact]
    public async Task HashesOfUsersAreInTheCatalog()
    {
        await using var server = await StartAsync();
        await server.WriteAsync("telemetry", "cpu v=1 1\n");
        await server.QueryAsync("CREATE USER \"root\" WITH PASSWORD 'x' WITH ALL PRIVILEGES");
        await using var native = Open(server);

        var user = Assert.Single((await native.DescribeAsync(default)).Settings, document => document.Kind == InfluxSettingsReader.User);

        Assert.True(user.IsComplete);
        Assert.Contains("$2a$", user.Readable, StringComparison.Ordinal);
    }

    private static Task<InfluxDbServer> StartAsync(string data = "cache-snapshot-write-cold-duration = \"1h\"")
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        return StartNowAsync();

        async Task<InfluxDbServer> StartNowAsync()
        {
            var server = await InfluxDbServer.StartAsync(new InfluxDbServerOptions { Sections = new Dictionary<string, string> { ["data"] = data } });
            await server.QueryAsync("CREATE DATABASE \"telemetry\"");
            return server;
        }
    }

    private static InfluxDbConnector Open(InfluxDbServer server, string? snapshot = null, TimeProvider? clock = null) => new(
        StoreAddress.Parse($"{server.StoreUri("telemetry")}?snapshot={snapshot ?? $"127.0.0.1:{server.BackupPort}"}"),
        new ConnectorOptions { Clock = clock ?? TimeProvider.System });

    private static async Task<Dictionary<string, string?>> FingerprintsAsync(InfluxDbServer server)
    {
        // By this clock every change is too young to be told to the second.
        var clock = new SettableClock();
        clock.Advance(TimeSpan.FromDays(-5000));
        await using var native = Open(server, clock: clock);
        var groups = await native.PlanAsync(await native.DescribeAsync(default), Scope.All, default);
        return groups.ToDictionary(group => group.Id, group => group.Fingerprint);
    }

    private static string Lines(string table, int from, int to, int step = 1)
    {
        var lines = new StringBuilder();
        for (var i = from; i < to; i += step)
        {
            for (var host = 0; host < 3; host++)
                lines.Append(CultureInfo.InvariantCulture, $"{table},host=h{host} a={i / 10.0},b={i}i,c=\"t{i % 9}\" {Start + (i * Second)}\n");
        }
        return lines.ToString();
    }

    private static async Task<byte[]> CaptureAsync(int port, ulong shard)
    {
        using var client = new TcpClient("127.0.0.1", port);
        await client.GetStream().WriteAsync(new SnapshotRequest(SnapshotRequestType.ShardBackup) { Shard = shard }.ToBytes());
        using var captured = new MemoryStream();
        await client.GetStream().CopyToAsync(captured);
        return captured.ToArray();
    }

    /// <summary>Sends one stream to whoever asks for a backup, and an empty archive for an export unless the stream is empty.</summary>
    private static LoopbackListener Serve(ReadOnlyMemory<byte> stream) => new(async (client, stop) =>
    {
        var head = new byte[2];
        await client.GetStream().ReadExactlyAsync(head, stop);
        var request = new byte[4096];
        _ = await client.GetStream().ReadAtLeastAsync(request, 1, cancellationToken: stop);
        if (head[1] == 0)
            await client.GetStream().WriteAsync(stream, stop);
        else if (stream.Length > 0)
            await client.GetStream().WriteAsync(new byte[1024], stop);
        client.Client.Shutdown(SocketShutdown.Send);
    });
}
