using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Frees what no version needs any more. Backups may run meanwhile.</summary>
public static class CompactionOperation
{
    /// <summary>Runs one compaction: erases removed versions, marks packs, and deletes what was marked long enough ago.</summary>
    public static async Task<BackupCompaction> RunAsync(
        RepositoryConnection connection, CompactionOptions options, CancellationToken cancellation)
    {
        var result = await new Compaction(connection.Repository, options).RunAsync(cancellation).ConfigureAwait(false);
        return new BackupCompaction
        {
            Repository = connection.Location,
            VersionsErased = result.VersionsErased,
            PacksMarked = result.PacksMarked,
            PacksRewritten = result.PacksRewritten,
            PacksDeleted = result.PacksSwept,
            BytesFreed = result.BytesSwept,
            Waiting = result.MarksWaiting,
        };
    }
}
