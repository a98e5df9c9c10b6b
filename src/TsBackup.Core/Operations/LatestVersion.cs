using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>
/// Which version of a store people mean by the latest: the newest Complete one of the whole store; one of a part where there is no
/// other, and an Incomplete one last of all.
/// </summary>
internal static class LatestVersion
{
    /// <summary>Chooses among versions of one store, oldest first; there must be one.</summary>
    public static VersionHeader Of(IReadOnlyList<VersionHeader> oldestFirst) =>
        oldestFirst.LastOrDefault(header => header.State == VersionState.Complete && header.IsWhole)
        ?? oldestFirst.LastOrDefault(header => header.State == VersionState.Complete)
        ?? oldestFirst[^1];
}
