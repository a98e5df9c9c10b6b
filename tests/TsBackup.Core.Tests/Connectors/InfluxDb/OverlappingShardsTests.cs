using System.Globalization;
using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.TestServers;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb;

/// <summary>A policy whose shard duration was raised from a day to a week: a long shard group lies around the short ones.</summary>
public sealed class OverlappingShardsTests
{
    private const long Day = 86_400_000_000_000;
    private const long Monday = 1_772_409_600_000_000_000;

    [SkippableFact]
    public async Task ARowIsInOneSliceOnlyHoweverItIsRead()
    {
        await using var server = await StartAsync();
        await ShardDurationAsync(server, "1d");
        await server.WriteAsync("telemetry", $"m,h=a v=1,w=1i {Monday + (3 * Day)}\nm,h=a v=2 {Monday + (3 * Day) + 5}\nm,h=z v=7 {Monday + (3 * Day) + 6}\n");
        await ShardDurationAsync(server, "7d");
        await server.WriteAsync("telemetry", $"m,h=a v=3 {Monday + (5 * Day)}\nm,h=a v=4 {Monday + (2 * Day)}\nn v=1 {Monday + (20 * Day)}\n");
        await server.WriteAsync("telemetry", $"m,h=a v=5 {Monday + (3 * Day) + 5}\nm,h=a v=6 {Monday + (3 * Day) + 9}\n");
        string[] expected = ["2:0 4", "3:0 1", "3:5 5", "3:6 7", "3:9 6", "5:0 3", "20:0 1"];

        await AssertRowsAsync(expected, Open(server, "off"));
        await AssertRowsAsync(expected, Open(server, $"127.0.0.1:{server.BackupPort}"));
        server.Stop();
        await AssertRowsAsync(expected, Files(server));
    }

    [SkippableFact]
    public async Task OfTwoValuesOfOneTimeTheOneOfTheLaterShardCounts()
    {
        await using var server = await StartAsync();
        await ShardDurationAsync(server, "1d");
        await server.WriteAsync("telemetry", $"m,h=a v=1 {Monday + (6 * Day)}\nm,h=a v=2 {Monday + (6 * Day) + 5}\n");
        await ShardDurationAsync(server, "7d");

        // Groups that end together come in the order of their starts, so that this week takes over the times of its last day.
        await server.WriteAsync("telemetry", $"m,h=a v=3 {Monday + (4 * Day)}\n");
        await server.WriteAsync("telemetry", $"m,h=a v=5 {Monday + (6 * Day) + 5}\n");
        string[] expected = ["4:0 3", "6:0 1", "6:5 5"];

        await AssertRowsAsync(expected, Open(server, $"127.0.0.1:{server.BackupPort}"));
        server.Stop();
        await AssertRowsAsync(expected, Files(server));
    }

    [SkippableFact]
    public async Task AChangeInEitherShardGivesAnotherFingerprint()
    {
        await using var server = await StartAsync();
        await ShardDurationAsync(server, "1d");
        await server.WriteAsync("telemetry", $"m,h=a v=1 {Monday + (3 * Day)}\n");
        await ShardDurationAsync(server, "7d");
        await server.WriteAsync("telemetry", $"m,h=a v=3 {Monday + (5 * Day)}\n");
        await using var store = Open(server, $"127.0.0.1:{server.BackupPort}");
        var fingerprints = new List<string?>();
        foreach (var day in new[] { 3, 5 })
        {
            fingerprints.Add(Assert.Single(await store.PlanAsync(await store.DescribeAsync(default), Scope.All, default)).Fingerprint);
            await server.WriteAsync("telemetry", $"m,h=b v=1 {Monday + (day * Day)}\n");
        }
        fingerprints.Add(Assert.Single(await store.PlanAsync(await store.DescribeAsync(default), Scope.All, default)).Fingerprint);

        Assert.DoesNotContain(null, fingerprints);
        Assert.Equal(3, fingerprints.Distinct().Count());
    }

    [SkippableFact]
    public async Task QueriesThatCannotTellTypesApartAreRefused()
    {
        await using var server = await StartAsync();
        await ShardDurationAsync(server, "1d");
        await server.WriteAsync("telemetry", $"m,h=a v=1 {Monday + (3 * Day)}\n");
        await ShardDurationAsync(server, "7d");
        await server.WriteAsync("telemetry", $"m,h=a v=\"text\" {Monday + (5 * Day)}\n");
        await using var http = Open(server, "off");
        var group = Assert.Single(await http.PlanAsync(await http.DescribeAsync(default), Scope.All, default));

        var error = await Assert.ThrowsAsync<TsBackupException>(async () =>
        {
            await foreach (var step in http.ReadAsync(group, default))
                Assert.IsType<SliceFailure>(step);
        });

        Assert.Equal(ErrorId.CapabilityMissing, error.Id);
        await using var native = Open(server, $"127.0.0.1:{server.BackupPort}");
        Assert.Equal(2, Assert.Single(await Tsm.SliceSummaries.OfAsync(native)).Value.Rows);
    }

    private static async Task AssertRowsAsync(string[] expected, IConnector store)
    {
        await using var owned = store;
        var rows = new SortedDictionary<long, string>();
        var windows = new List<TimeRange>();
        foreach (var group in await store.PlanAsync(await store.DescribeAsync(default), Scope.All, default))
        {
            windows.AddRange(group.Slices.Select(slice => slice.Window).Distinct().Where(window => !windows.Contains(window)));
            await foreach (var step in store.ReadAsync(group, default))
            {
                if (step is SliceFailure failure)
                    throw failure.Error;
                if (step is not SliceRows(_, var batch))
                    continue;
                using (batch)
                {
                    var values = batch.Columns.OfType<FixedColumn<double>>().Single(column => column.Schema.Name == "v");
                    for (var row = 0; row < batch.RowCount; row++)
                    {
                        var (day, rest) = Math.DivRem(batch.Time!.Values[row] - Monday, Day);
                        rows.Add(batch.Time.Values[row], string.Create(CultureInfo.InvariantCulture, $"{day}:{rest} {values.Values[row]}"));
                    }
                }
            }
        }
        Assert.Equal(expected, rows.Values);
        Assert.All(windows, window => Assert.Single(windows, window.Overlaps));
    }

    private static async Task<InfluxDbServer> StartAsync()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var server = await InfluxDbServer.StartAsync();
        await server.QueryAsync("CREATE DATABASE \"telemetry\"");
        return server;
    }

    private static Task<string> ShardDurationAsync(InfluxDbServer server, string duration) =>
        server.QueryAsync($"ALTER RETENTION POLICY \"autogen\" ON \"telemetry\" SHARD DURATION {duration}");

    private static InfluxDbConnector Open(InfluxDbServer server, string snapshot) =>
        new(StoreAddress.Parse($"{server.StoreUri("telemetry")}?snapshot={snapshot}"), new ConnectorOptions());

    private static InfluxFilesConnector Files(InfluxDbServer server) =>
        new(StoreAddress.Parse($"influxdb+files://{server.Folder}?db=telemetry"), new ConnectorOptions());
}
