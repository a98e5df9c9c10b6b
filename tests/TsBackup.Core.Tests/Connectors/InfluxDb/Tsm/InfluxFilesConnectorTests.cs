using System.Globalization;
using System.Text;
using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.TestServers;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb.Tsm;

/// <summary>The files of a real server against what its own query interface says of them.</summary>
public sealed class InfluxFilesConnectorTests
{
    private const long Start = 1_772_409_600_000_000_000;
    private const long Second = 1_000_000_000;
    private const long Day = 86_400 * Second;

    [SkippableFact]
    public async Task FilesAndQueriesGiveTheSameDigests()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var server = await InfluxDbServer.StartAsync(Slow());
        await FillAsync(server);
        await using var http = new InfluxDbConnector(StoreAddress.Parse(server.StoreUri("telemetry") + "?snapshot=off"), new ConnectorOptions());
        var expected = await SliceSummaries.OfAsync(http);
        server.Stop();

        var warnings = new List<string>();
        await using var files = Open(server, new ConnectorOptions { Warn = warnings.Add });
        var actual = await SliceSummaries.OfAsync(files);

        Assert.Equal(expected.Keys, actual.Keys);
        Assert.Equal(expected, actual);
        Assert.Equal(12, expected.Count);
        Assert.Empty(warnings);
        Assert.Empty((await files.DescribeAsync(default)).Warnings);
    }

    [SkippableFact]
    public async Task ScopesOfTablesAndTimesAgreeWithQueriesToo()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var server = await InfluxDbServer.StartAsync(Slow());
        await FillAsync(server);
        await using var http = new InfluxDbConnector(StoreAddress.Parse(server.StoreUri("telemetry") + "?snapshot=off"), new ConnectorOptions());
        var scope = new Scope(["autogen/c*", "types"], ["cold"], new TimeRange(Start + (100 * Second), Start + (8 * Day) + (500 * Second)));
        var expected = await SliceSummaries.OfAsync(http, scope);
        server.Stop();
        await using var files = Open(server);

        Assert.Equal(expected, await SliceSummaries.OfAsync(files, scope));
    }

    [SkippableFact]
    public async Task ASliceOverSeveralShardsComesInOnePiecePerSeries()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var server = await InfluxDbServer.StartAsync(Slow());
        await FillAsync(server);
        var slice = new Slice(new TableId("autogen", "cpu"), new TimeRange(Start - Day, Start + (30 * Day)));
        await using var http = new InfluxDbConnector(StoreAddress.Parse(server.StoreUri("telemetry") + "?snapshot=off"), new ConnectorOptions());
        var expected = await SliceSummaries.OfAsync(http, new SliceGroup("x", [slice]));
        server.Stop();
        await using var files = Open(server);

        Assert.Equal(expected, await SliceSummaries.OfAsync(files, new SliceGroup("x", [slice])));
    }

    [SkippableFact]
    public async Task FingerprintsStayUntilAFileChanges()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var server = await InfluxDbServer.StartAsync(Slow());
        await FillAsync(server);
        server.Stop();
        var first = await PlanAsync(server);
        Assert.Equal(first, await PlanAsync(server));
        var wal = Directory.EnumerateFiles(Path.Combine(server.Folder, "data", "telemetry"), "*.tsm", SearchOption.AllDirectories).First();
        File.SetLastWriteTimeUtc(wal, DateTime.UtcNow.AddDays(-3));

        var second = await PlanAsync(server);

        Assert.Single(second.Keys, id => second[id] != first[id]);
    }

    [SkippableFact]
    public async Task SettingsComeWithHashesAndGrants()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var server = await InfluxDbServer.StartAsync(Slow());
        await FillAsync(server);
        await server.QueryAsync("CREATE USER \"rita\" WITH PASSWORD 'x'");
        await server.QueryAsync("GRANT READ ON \"telemetry\" TO \"rita\"");
        await server.QueryAsync(
            "CREATE CONTINUOUS QUERY \"hourly\" ON \"telemetry\" BEGIN SELECT mean(a) INTO \"rp2\".\"h\" FROM cpu GROUP BY time(1h), * END");
        await using var http = new InfluxDbConnector(StoreAddress.Parse(server.StoreUri("telemetry") + "?snapshot=off"), new ConnectorOptions());
        var expected = (await http.DescribeAsync(default)).Settings.Select(document => (document.Kind, document.Name, document.Native)).Order().ToArray();
        server.Stop();
        await using var files = Open(server);

        var catalog = await files.DescribeAsync(default);

        Assert.Equal(expected, catalog.Settings.Select(document => (document.Kind, document.Name, document.Native)).Order());
        var user = Assert.Single(catalog.Settings, document => document.Kind == InfluxSettingsReader.User);
        Assert.Contains("$2a$", user.Readable, StringComparison.Ordinal);
        Assert.True(user.IsComplete);
    }

    [SkippableFact]
    public async Task WithoutMetadataAllRowsAreStillRead()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var server = await InfluxDbServer.StartAsync(Slow());
        await FillAsync(server);
        server.Stop();
        long Rows(SortedDictionary<string, SliceSummary> slices) => slices.Values.Sum(slice => slice.Rows);
        await using var whole = Open(server);
        var expected = Rows(await SliceSummaries.OfAsync(whole));
        File.Delete(Path.Combine(server.Folder, "meta", "meta.db"));
        await using var files = Open(server);

        Assert.Equal(expected, Rows(await SliceSummaries.OfAsync(files)));
        Assert.Single((await files.DescribeAsync(default)).Warnings);
    }

    [SkippableFact]
    public async Task ADamagedShardIsAGapAndTheOthersAreRead()
    {
        await using var server = await DamagedAsync();
        await using var files = Open(server);

        var catalog = await files.DescribeAsync(default);
        var groups = await files.PlanAsync(catalog, Scope.All, default);

        Assert.Single(catalog.Warnings);
        Assert.Equal(2, groups.Count);
        Assert.Equal(1, Assert.Single(await SliceSummaries.OfAsync(files, groups[0])).Value.Rows);
        Assert.Equal("shard 2", Assert.Single(groups[1].Slices).Table.Name);
        Assert.Null(groups[1].Fingerprint);
        var error = await Assert.ThrowsAsync<TsBackupException>(() => SliceSummaries.OfAsync(files, groups[1]));
        Assert.Equal(ErrorId.SourceFileDamaged, error.Id);

        // Nobody knows whether it holds the table that is asked for.
        Assert.Equal(2, (await files.PlanAsync(catalog, new Scope(["m"], [], TimeRange.All), default)).Count);
    }

    [SkippableFact]
    public async Task FilesOfOtherShardsAreClosedWhenOneIsDamaged()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Open files are looked up in /proc.");
        await using var server = await DamagedAsync();
        await using var files = Open(server);
        var slice = new Slice(new TableId("autogen", "m"), TimeRange.All);

        await Assert.ThrowsAsync<TsBackupException>(() => SliceSummaries.OfAsync(files, new SliceGroup("x", [slice])));

        var open = new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos().Select(file => file.LinkTarget ?? "");
        Assert.DoesNotContain(open, target => target.StartsWith(server.Folder, StringComparison.Ordinal) && target.EndsWith(".tsm", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AFolderThatIsNotThereIsNotFound()
    {
        await using var files = new InfluxFilesConnector(
            StoreAddress.Parse("influxdb+files:///nowhere/at/all?db=telemetry"), new ConnectorOptions());

        var error = await Assert.ThrowsAsync<TsBackupException>(() => files.DescribeAsync(default));

        Assert.Equal(ErrorId.StoreNotFound, error.Id);
        Assert.Equal("influxdb+files:///nowhere/at/all/data/telemetry", files.Address.ToString());
    }

    /// <summary>Two shards, the second of which has a log that cannot be read.</summary>
    private static async Task<InfluxDbServer> DamagedAsync()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var server = await InfluxDbServer.StartAsync(Slow());
        await server.QueryAsync("CREATE DATABASE \"telemetry\"");
        await server.WriteAsync("telemetry", $"m,h=a v=1 {Start}\n");
        await FlushAsync(server);
        await server.WriteAsync("telemetry", $"m,h=a v=2 {Start + (30 * Day)}\n");
        server.Stop();
        await File.WriteAllBytesAsync(
            Directory.EnumerateFiles(Path.Combine(server.Folder, "wal", "telemetry", "autogen", "2")).First(), [1, 0, 0, 0, 5, 1, 2, 3, 4, 5]);
        return server;
    }

    private static InfluxDbServerOptions Slow() => new()
    {
        // What is written last stays in the log, so that both kinds of files are read.
        Sections = new Dictionary<string, string> { ["data"] = "cache-snapshot-write-cold-duration = \"1h\"" },
    };

    private static InfluxFilesConnector Open(InfluxDbServer server, ConnectorOptions? options = null) =>
        new(StoreAddress.Parse($"influxdb+files://{server.Folder}?db=telemetry"), options ?? new ConnectorOptions());

    private static async Task<Dictionary<string, string?>> PlanAsync(InfluxDbServer server)
    {
        await using var files = Open(server);
        var groups = await files.PlanAsync(await files.DescribeAsync(default), Scope.All, default);
        return groups.ToDictionary(group => group.Id, group => group.Fingerprint);
    }

    /// <summary>
    /// Everything that has bitten somebody: all types, a type that differs between shards, points overwritten and out of order over
    /// several files, deleted series and ranges in files and in the log, gaps, names that need escapes.
    /// </summary>
    private static async Task FillAsync(InfluxDbServer server)
    {
        await server.QueryAsync("CREATE DATABASE \"telemetry\"");
        await server.QueryAsync("CREATE RETENTION POLICY \"rp2\" ON \"telemetry\" DURATION INF REPLICATION 1 SHARD DURATION 1d");
        await server.WriteAsync("telemetry", Wide(0, 3000, 1, "a", "b", "c"));
        await FlushAsync(server);
        await server.WriteAsync("telemetry", Wide(2500, 2000, 2, "a", "c", "d") + Wide(1, 50, 77, "b"));
        await server.WriteAsync("telemetry", Types(Start) + Names() + Cold());
        await FlushAsync(server);
        await server.WriteAsync("telemetry", Wide(0, 500, 9, "a") + $"mix,host=h1 mixed=\"text\" {Start + (8 * Day)}\n" + Wide(700_000, 300, 3, "a"));
        await server.WriteAsync("telemetry", $"mix,host=h1 mixed=1.5 {Start}\n");
        await FlushAsync(server);
        await server.QueryAsync($"DELETE FROM cpu WHERE host = 'h2' AND time >= {Start + (100 * Second)} AND time < {Start + (1200 * Second)}", "telemetry");
        await server.QueryAsync("DROP SERIES FROM cold WHERE n = '3'", "telemetry");
        await server.QueryAsync("DROP MEASUREMENT gone", "telemetry");
        await server.WriteAsync("telemetry", Wide(200, 100, 5, "a", "b") + Wide(3000, 10, 6, "d"));
        await server.WriteAsync("telemetry", Types(Start + (2 * Day)), "rp2");
        await server.QueryAsync($"DELETE FROM cpu WHERE host = 'h0' AND time >= {Start + (210 * Second)} AND time < {Start + (220 * Second)}", "telemetry");
        await server.WriteAsync("telemetry", Wide(215, 1, 8, "a"));
        await server.WriteAsync("telemetry", "old v=1 -1\nold v=2 -86400000000000\n");
    }

    /// <summary>Asking for a snapshot of every shard makes the server empty its caches into files.</summary>
    private static async Task FlushAsync(InfluxDbServer server)
    {
        using var reply = System.Text.Json.JsonDocument.Parse(await server.QueryAsync("SHOW SHARDS"));
        foreach (var series in reply.RootElement.GetProperty("results")[0].GetProperty("series").EnumerateArray())
        {
            foreach (var row in series.GetProperty("values").EnumerateArray())
            {
                using var client = new System.Net.Sockets.TcpClient("127.0.0.1", server.BackupPort);
                var stream = client.GetStream();
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"\u0003\0{{\"Type\":0,\"ShardID\":{row[0].GetInt64()},\"Since\":\"2200-01-01T00:00:00Z\"}}\n"));
                await stream.CopyToAsync(Stream.Null);
            }
        }
    }

    private static string Wide(int from, int count, int salt, params string[] fields)
    {
        var lines = new StringBuilder();
        for (var host = 0; host < 3; host++)
        {
            for (var i = from; i < from + count; i++)
            {
                if ((i + host) % 7 == 0)
                    continue;
                lines.Append(CultureInfo.InvariantCulture, $"cpu,host=h{host},region=eu ");
                for (var f = 0; f < fields.Length; f++)
                {
                    var value = (i * 31) + (f * 7) + salt;
                    lines.Append(f == 0 ? "" : ",").Append(fields[f]).Append('=');
                    lines.Append(CultureInfo.InvariantCulture, $"{(fields[f] == "c" ? $"{value % 13}i" : $"{value / 100.0}")}");
                }
                lines.Append(CultureInfo.InvariantCulture, $" {Start + (i * Second)}\n");
            }
        }
        return lines.ToString();
    }

    private static string Types(long start)
    {
        var lines = new StringBuilder();
        string[] texts = ["\"\"", "\"plain\"", "\"a \\\"quote\\\" and \\\\\"", "\"ünï 😀\"", $"\"{new string('x', 300)}\"", "\"two\nlines\""];
        string[] floats = ["0", "-0", "1e308", "5e-324", "-1.5", "0.1", "3"];
        string[] integers = ["0i", "-1i", "9223372036854775807i", "-9223372036854775808i", "42i"];
        for (var i = 0; i < 2500; i++)
        {
            lines.Append(CultureInfo.InvariantCulture, $"types,kind=k{i % 2} t={texts[i % texts.Length]},f={floats[i % floats.Length]},")
                .Append(CultureInfo.InvariantCulture, $"i={integers[i % integers.Length]},s={i}i,b={(i % 3 == 0 ? "true" : "false")} {start + (i * 1_234_567L)}\n");
        }
        return lines.ToString();
    }

    private static string Names() =>
        $"we\\ ird\\,name,tag\\ key=va\\ lue\\,x\\=y,z=ünï field\\ one=1,field\\,two=2i,quo\"te=3 {Start}\n"
        + $"cpu$,host=x v=1 {Start}\ncpu v=5 {Start}\ncpu v=6 {Start - (400 * Day)}\ngone,x=1 v=1 {Start}\n"
        + $"back\\slash,a\\b=c\\d v=1 {Start + 1}\n";

    private static string Cold() =>
        string.Concat(Enumerable.Range(0, 200).Select(n => $"cold,n={n % 40},m={n} v={n}i,w=\"{n}\" {Start + (n * Second)}\n"));
}
