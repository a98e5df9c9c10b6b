using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Tells which versions of two repositories hold the same rows.</summary>
internal static class VersionTwin
{
    /// <summary>Property that is the same in all versions which one run of a backup made in several repositories.</summary>
    public const string RunProperty = "backup-run";

    /// <summary>True when one is a copy of the other, both are copies of a third, or one reading of the store made both.</summary>
    public static bool Are(VersionHeader one, RepositoryConnection where, VersionHeader other, RepositoryConnection otherWhere) =>
        VersionOrigin.Of(one, where.Repository) == VersionOrigin.Of(other, otherWhere.Repository)
        || (one.Properties.TryGetValue(RunProperty, out var run)
            && other.Properties.TryGetValue(RunProperty, out var otherRun)
            && run == otherRun && one.State == other.State && one.Rows == other.Rows && one.Slices == other.Slices);

    /// <summary>Finds the twin of a version in another repository; null when there is none.</summary>
    public static async Task<VersionHeader?> FindAsync(
        VersionHeader version, RepositoryConnection where, RepositoryConnection other, CancellationToken cancellation)
    {
        await foreach (var header in other.Repository.ListVersionsAsync(cancellation).ConfigureAwait(false))
        {
            if (Are(version, where, header, other))
                return header;
        }
        return null;
    }
}
