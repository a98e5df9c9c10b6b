using TsBackup.Connectors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>What a store holds and how it is to be read: all of a backup that needs no repository.</summary>
public sealed class BackupPlan
{
    private BackupPlan(Catalog catalog, IReadOnlyList<SliceGroup> groups, DateTimeOffset cut)
    {
        Catalog = catalog;
        Groups = groups;
        Cut = cut;
    }

    /// <summary>The catalog of the store.</summary>
    public Catalog Catalog { get; }

    /// <summary>The groups of slices that cover the scope.</summary>
    public IReadOnlyList<SliceGroup> Groups { get; }

    /// <summary>When the plan was made; whatever the store acknowledged before is in the version.</summary>
    public DateTimeOffset Cut { get; }

    /// <summary>Asks a store. Deriving a repository's key takes about as long, so the two are best done at once.</summary>
    /// <param name="connector">The store.</param>
    /// <param name="scope">Tables and times.</param>
    /// <param name="observer">Hears the warnings of the catalog.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellation">Stops the asking.</param>
    /// <exception cref="Errors.TsBackupException">The store cannot be described or planned, or the scope is empty.</exception>
    public static async Task<BackupPlan> MakeAsync(
        IConnector connector, Scope scope, IOperationObserver observer, TimeProvider clock, CancellationToken cancellation)
    {
        var catalog = await connector.DescribeAsync(cancellation).ConfigureAwait(false);
        foreach (var warning in catalog.Warnings)
            observer.Warning(warning);
        BackupPreflight.CheckScope(catalog, scope);
        var groups = await connector.PlanAsync(catalog, scope, cancellation).ConfigureAwait(false);
        return new BackupPlan(catalog, groups, clock.GetUtcNow());
    }
}
