using System.Collections.Immutable;
using TsBackup.Model;

namespace TsBackup.Connectors;

/// <summary>What a writer is to make of its store. Table names are the target's: renames are done.</summary>
/// <param name="Catalog">Catalog of the version, renamed: the tables to be written and the settings to be brought back.</param>
/// <param name="Range">Times that will be written.</param>
/// <param name="IsScratch">True for a drill: settings that act by themselves (continuous queries, subscriptions, users) are left out.</param>
public sealed record RestoreTarget(Catalog Catalog, TimeRange Range, bool IsScratch = false)
{
    /// <summary>
    /// Groups that get another name as a whole, by their names in the version. The catalog's tables have the new names already; its
    /// settings have the old ones, since only the connector knows where groups stand in them.
    /// </summary>
    public IReadOnlyDictionary<string, string> Groups { get; init; } = ImmutableDictionary<string, string>.Empty;
}
