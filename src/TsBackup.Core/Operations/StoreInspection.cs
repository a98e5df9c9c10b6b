using System.Diagnostics;
using TsBackup.Connectors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>Asks a live store what it holds.</summary>
public static class StoreInspection
{
    /// <summary>Describes a store and plans a backup of it, without reading rows.</summary>
    /// <exception cref="Errors.TsBackupException">What the connector says.</exception>
    public static async Task<TimeSeriesStore> RunAsync(IConnector connector, Scope scope, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var catalog = await connector.DescribeAsync(cancellation).ConfigureAwait(false);
        var groups = await connector.PlanAsync(catalog, scope, cancellation).ConfigureAwait(false);
        watch.Stop();
        return new TimeSeriesStore
        {
            Store = connector.Address.ToString(),
            Kind = catalog.Kind,
            Product = catalog.Product,
            ResponseTime = watch.Elapsed,
            Tables =
            [
                .. catalog.Tables.Where(t => scope.Covers(t.Id)).Select(t => new TimeSeriesTable
                {
                    Group = t.Id.Group,
                    Table = t.Id.Name,
                    Columns = [.. t.Columns.Select(VersionView.Describe)],
                }),
            ],
            Settings = [.. catalog.Settings.Select(s => $"{s.Kind} {s.Name}")],
            Groups = groups.Count,
            EstimatedRows = Total(groups, g => g.EstimatedRows),
            EstimatedBytes = Total(groups, g => g.EstimatedBytes),
            Capabilities = Names(connector.Capabilities),
            Warnings = catalog.Warnings,
        };
    }

    private static long? Total(IReadOnlyList<SliceGroup> groups, Func<SliceGroup, long> value) =>
        groups.All(g => value(g) >= 0) ? groups.Sum(value) : null;

    private static string[] Names(StoreCapabilities capabilities)
    {
        (bool Has, string Name)[] all =
        [
            (capabilities.Reads, "read"),
            (capabilities.Writes, "write"),
            (capabilities.Deletes, "delete"),
            (capabilities.Scratch, "scratch"),
            (capabilities.NativeSnapshot, "native snapshot"),
            (capabilities.Fingerprints, "fingerprints"),
        ];
        return [.. all.Where(c => c.Has).Select(c => c.Name)];
    }
}
