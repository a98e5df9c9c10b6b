using System.Globalization;
using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb;
using TsBackup.Connectors.InfluxDb.Snapshot;
using TsBackup.Model;
using TsBackup.TestServers;
using TsBackup.Tests.Connectors.InfluxDb.Tsm;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb.Snapshot;

/// <summary>Restores from one database of a real server into another.</summary>
internal static class NativeRestores
{
    public const long Day = 86_400_000_000_000;

    /// <summary>A server with a database <c>source</c> that has shards of a day.</summary>
    public static async Task<InfluxDbServer> StartAsync(string index = "inmem")
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var server = await InfluxDbServer.StartAsync(new InfluxDbServerOptions { IndexVersion = index });
        await server.QueryAsync("CREATE DATABASE source WITH DURATION INF SHARD DURATION 1d NAME \"days\"");
        return server;
    }

    /// <summary>Opens a database that is read and written through the snapshot port.</summary>
    public static InfluxDbConnector Open(InfluxDbServer server, string database, string options = "", int port = 0, ConnectorOptions? with = null) =>
        new(
            StoreAddress.Parse($"{server.StoreUri(database)}?snapshot=127.0.0.1:{(port == 0 ? server.BackupPort : port)}{options}"),
            with ?? new ConnectorOptions());

    /// <summary>Opens a database that is read over HTTP.</summary>
    public static InfluxDbConnector OpenHttp(InfluxDbServer server, string database) =>
        new(StoreAddress.Parse($"{server.StoreUri(database)}?snapshot=off"), new ConnectorOptions());

    /// <summary>Writes all groups of a store into another, some at once.</summary>
    public static async Task<WriteOutcome> CopyAsync(InfluxDbConnector from, InfluxDbConnector to, bool isScratch = true)
    {
        var catalog = await from.DescribeAsync(default);
        await using var writer = await to.OpenWriterAsync(new RestoreTarget(catalog, TimeRange.All, isScratch), default);
        return await CopyAsync(from, catalog, writer, 2);
    }

    /// <summary>Writes all groups of a store with a writer of any kind.</summary>
    public static async Task<WriteOutcome> CopyAsync(InfluxDbConnector from, Catalog catalog, IStoreWriter writer, int parallelism)
    {
        var (written, failed) = (0L, 0L);
        var failures = new List<WriteFailure>();
        var groups = await from.PlanAsync(catalog, Scope.All, default);
        await Parallel.ForEachAsync(groups, new ParallelOptions { MaxDegreeOfParallelism = parallelism }, async (group, stop) =>
        {
            var outcome = await writer.WriteAsync(group, from.ReadAsync(group, stop), stop);
            lock (failures)
            {
                written += outcome.RowsWritten;
                failed += outcome.RowsFailed;
                failures.AddRange(outcome.Failures);
            }
        });
        await writer.CompleteAsync(default);
        return new WriteOutcome(written, failed, failures);
    }

    /// <summary>A native writer with limits of its own.</summary>
    public static async Task<SnapshotStoreWriter> WriterAsync(InfluxDbServer server, string database, Catalog catalog, long memory, long spooled)
    {
        var options = new ConnectorOptions();
        var api = new InfluxApi(StoreAddress.Parse(server.StoreUri(database)), options);
        var target = await InfluxTarget.PrepareAsync(
            api, new InfluxCatalogReader(api), options, new RestoreTarget(catalog, TimeRange.All, IsScratch: true), default);
        return new SnapshotStoreWriter(
            api, new SnapshotPort("127.0.0.1", server.BackupPort, options), options, target, new InfluxWriter(api, options, target))
        {
            Memory = memory,
            MaxSpooled = spooled,
        };
    }

    /// <summary>Compares all slices of two stores, and names those that differ.</summary>
    public static async Task AssertEqualAsync(IConnector expected, IConnector actual)
    {
        var wanted = await SliceSummaries.OfAsync(expected);
        var found = await SliceSummaries.OfAsync(actual);
        Assert.Empty(wanted.Where(slice => found.GetValueOrDefault(slice.Key) != slice.Value).Select(slice => $"{slice} is {found.GetValueOrDefault(slice.Key)}"));
        Assert.Equal(wanted.Keys, found.Keys);
    }

    /// <summary>The TSM files of a database that came through the snapshot port.</summary>
    public static string[] UploadedFiles(InfluxDbServer server, string database) =>
        Directory.GetFiles(Path.Combine(server.Folder, "data", database), "*.tsm", SearchOption.AllDirectories)
            .Where(file => NumberOf(file) % 10_000 == 0).ToArray();

    /// <summary>The number of a TSM file: those of uploads are multiples of 10,000.</summary>
    public static int NumberOf(string file) => int.Parse(Path.GetFileName(file)[..9], CultureInfo.InvariantCulture);
}
