using TsBackup.Model;

namespace TsBackup.Connectors;

/// <summary>What a writer is to make of its store. Table names are the target's: renames are done.</summary>
/// <param name="Catalog">Catalog of the version, renamed: the tables to be written and the settings to be brought back.</param>
/// <param name="Range">Times that will be written.</param>
/// <param name="IsScratch">True for a drill: settings that act by themselves (continuous queries, subscriptions, users) are left out.</param>
public sealed record RestoreTarget(Catalog Catalog, TimeRange Range, bool IsScratch = false);
