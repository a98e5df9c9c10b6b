using System.Globalization;
using System.Text;
using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb;
using TsBackup.Connectors.InfluxDb.Snapshot;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.TestServers;
using TsBackup.Tests.Connectors.InfluxDb.Tsm;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb.Snapshot;

/// <summary>Shards whose stream breaks off: what came before the break must not mix with what comes when it is asked for again.</summary>
public sealed class SnapshotFetchFaultTests
{
    private const long Start = 1_500_000_000_000_000_000;

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(512)]
    [InlineData(20_000)]
    public async Task AStreamThatBreaksOffAndIsAskedForAgainGivesEachPointOnce(int bytes)
    {
        await using var server = await StartAsync();
        await using var proxy = new SnapshotPortProxy(server.BackupPort);
        await using var http = Open(server, "off");
        await using var native = Open(server, $"127.0.0.1:{proxy.Port}");
        var expected = await SliceSummaries.OfAsync(http);
        proxy.BreakReplies(times: 1, after: bytes);

        Assert.Equal(expected, await SliceSummaries.OfAsync(native));

        Assert.Equal(1, proxy.RepliesBroken);
    }

    [SkippableFact]
    public async Task AStreamThatBreaksOffEachTimeIsAnErrorAndNoPoints()
    {
        await using var server = await StartAsync();
        await using var proxy = new SnapshotPortProxy(server.BackupPort);
        await using var native = Open(server, $"127.0.0.1:{proxy.Port}");
        var group = Assert.Single(await native.PlanAsync(await native.DescribeAsync(default), Scope.All, default));
        proxy.BreakReplies(times: int.MaxValue, after: 20_000);

        var events = new List<SliceEvent>();
        var error = await Assert.ThrowsAsync<TsBackupException>(async () =>
        {
            await foreach (var step in native.ReadAsync(group, default))
                events.Add(step);
        });

        Assert.Equal(ErrorId.StoreReplyTruncated, error.Id);
        Assert.Empty(events);
        Assert.Equal(2, proxy.RepliesBroken);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1 << 30)]
    public async Task AServerThatFallsSilentIsGivenUp(long budget)
    {
        await using var server = new LoopbackListener(async (client, stop) =>
        {
            var request = new byte[4096];
            _ = await client.GetStream().ReadAtLeastAsync(request, 10, throwOnEndOfStream: false, stop);
            if (request[1] != (byte)SnapshotRequestType.ShardBackup)
            {
                await client.GetStream().WriteAsync(new byte[1024], stop);
                return;
            }
            await client.GetStream().WriteAsync(TarHeader.Of("db/rp/1/000000001-000000001.tsm", 100_000, 5), stop);
            await client.GetStream().WriteAsync(new byte[5000], stop);
            await Task.Delay(Timeout.Infinite, stop);
        });
        var port = new SnapshotPort("127.0.0.1", server.Port, new ConnectorOptions { Timeout = TimeSpan.FromSeconds(1) });

        var error = await Assert.ThrowsAsync<TsBackupException>(
            () => port.FetchAsync(1, "db/rp/1", new SpoolBudget(budget), default).WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.Equal(ErrorId.StoreTimeout, error.Id);
    }

    private static async Task<InfluxDbServer> StartAsync()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var server = await InfluxDbServer.StartAsync();
        await server.QueryAsync("CREATE DATABASE \"telemetry\"");
        var lines = new StringBuilder();
        for (var i = 0; i < 20_000; i++)
            lines.Append(CultureInfo.InvariantCulture, $"cpu,host=h{i % 7} a={i * 0.37},b={i * 7919 % 10_007}i {Start + (i * 1_000_000_000L)}\n");
        await server.WriteAsync("telemetry", lines.ToString());
        return server;
    }

    private static InfluxDbConnector Open(InfluxDbServer server, string snapshot) => new(
        StoreAddress.Parse($"{server.StoreUri("telemetry")}?snapshot={snapshot}"), new ConnectorOptions { Attempts = 2 });
}
