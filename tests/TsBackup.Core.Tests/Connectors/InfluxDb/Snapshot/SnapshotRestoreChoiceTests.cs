using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb;
using TsBackup.Model;
using TsBackup.TestServers;
using TsBackup.Tests.Connectors.InfluxDb.Tsm;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb.Snapshot;

/// <summary>When a restore goes through the snapshot port, what it says about that, and what comes after the rows.</summary>
public sealed class SnapshotRestoreChoiceTests
{
    [SkippableFact]
    public async Task FilesAreTheDefaultWhereNothingCanConflictAndTheChoiceIsTold()
    {
        await using var server = await NativeRestores.StartAsync();
        await server.WriteAsync("source", "m,h=a v=1 1772323200000000000\nm,h=b v=2 1772323200000000001\n");
        await server.QueryAsync("CREATE DATABASE empty WITH DURATION INF SHARD DURATION 1d NAME \"days\"");
        await server.QueryAsync("CREATE DATABASE short WITH DURATION 3650d SHARD DURATION 1d NAME \"days\"");
        await server.QueryAsync("CREATE DATABASE used WITH DURATION INF SHARD DURATION 1d NAME \"days\"");
        await server.WriteAsync("used", "other v=1 1\n");

        Assert.Equal(("files", "through the snapshot port"), await RestoreAsync(server, "fresh"));
        Assert.Equal(("files", "through the snapshot port"), await RestoreAsync(server, "empty"));
        Assert.Equal(("files", "through the snapshot port"), await RestoreAsync(server, "asked", "&restore=native"));
        Assert.Equal(("lines", "by line protocol"), await RestoreAsync(server, "used"));
        Assert.Equal(("lines", "by line protocol"), await RestoreAsync(server, "short"));
        Assert.Equal(("lines", "by line protocol"), await RestoreAsync(server, "refused", "&restore=lines"));
        Assert.Equal(("lines", "warned"), await RestoreAsync(server, "used", "&restore=native"));
    }

    [SkippableFact]
    public async Task WithoutAPortRowsGoByLineProtocol()
    {
        await using var server = await NativeRestores.StartAsync();
        await server.WriteAsync("source", "m,h=a v=1 1\n");
        await using var source = NativeRestores.OpenHttp(server, "source");
        await using var off = NativeRestores.OpenHttp(server, "off");

        Assert.Equal(1, (await NativeRestores.CopyAsync(source, off)).RowsWritten);

        Assert.Empty(NativeRestores.UploadedFiles(server, "off"));
        Assert.Equal(await SliceSummaries.OfAsync(source), await SliceSummaries.OfAsync(off));
    }

    [SkippableFact]
    public async Task SettingsComeBackAfterFilesAndPasswordsAreReported()
    {
        await using var server = await NativeRestores.StartAsync();
        await server.QueryAsync("ALTER RETENTION POLICY days ON source DURATION 20000d");
        await server.QueryAsync("CREATE RETENTION POLICY short ON source DURATION 30d REPLICATION 1 SHARD DURATION 1d");
        await server.QueryAsync("CREATE CONTINUOUS QUERY c ON source BEGIN SELECT mean(v) INTO source.days.mean FROM source.days.m GROUP BY time(1h) END");
        await server.QueryAsync("CREATE USER gone WITH PASSWORD 'x'");
        await server.QueryAsync("GRANT READ ON source TO gone");
        await server.WriteAsync("source", "m,h=a v=1 1772323200000000000\nm,h=b v=2 1772323200000000001\n");
        await using var source = NativeRestores.Open(server, "source");
        var catalog = await source.DescribeAsync(default);
        await server.QueryAsync("DROP USER gone");
        await using var native = NativeRestores.Open(server, "native");

        await using var writer = await native.OpenWriterAsync(new RestoreTarget(catalog, TimeRange.All), default);
        await NativeRestores.CopyAsync(source, catalog, writer, 1);
        var outcomes = await writer.CompleteAsync(default);

        Assert.NotEmpty(NativeRestores.UploadedFiles(server, "native"));
        var user = Assert.Single(outcomes, outcome => !outcome.Restored && outcome.Kind == "user");
        Assert.Contains("GRANT READ ON \"native\"", user.Remark, StringComparison.Ordinal);
        var restored = await native.DescribeAsync(default);
        Assert.Equal(Natives(catalog, "source", "x"), Natives(restored, "native", "x"));
    }

    private static string[] Natives(Catalog catalog, string database, string name) =>
        [.. catalog.Settings.Where(s => s.Kind != "user").Select(s => s.Native.Replace(database, name, StringComparison.Ordinal))];

    private static async Task<(string Road, string Told)> RestoreAsync(InfluxDbServer server, string database, string options = "")
    {
        var log = new List<string>();
        var warnings = new List<string>();
        await using var source = NativeRestores.OpenHttp(server, "source");
        await using var target = NativeRestores.Open(
            server, database, options, with: new ConnectorOptions { Log = log.Add, Warn = warnings.Add });
        Assert.Equal((2L, 0L), await CountsAsync(source, target));
        var road = NativeRestores.UploadedFiles(server, database).Length > 0 ? "files" : "lines";
        string[] roads = ["through the snapshot port", "by line protocol"];
        var told = roads.Where(words => log.Exists(line => line.Contains(words, StringComparison.Ordinal))).ToArray();
        return (road, told.Length == 0 && warnings.Exists(line => line.Contains("by line protocol", StringComparison.Ordinal)) ? "warned" : string.Join('+', told));
    }

    private static async Task<(long Written, long Failed)> CountsAsync(InfluxDbConnector from, InfluxDbConnector to)
    {
        var outcome = await NativeRestores.CopyAsync(from, to);
        return (outcome.RowsWritten, outcome.RowsFailed);
    }
}
