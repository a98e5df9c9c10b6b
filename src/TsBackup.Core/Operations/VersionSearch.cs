using TsBackup.Errors;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Finds a version in a repository, or in its copies when it is damaged or gone there.</summary>
public static class VersionSearch
{
    /// <summary>Finds the version in the first repository that has it.</summary>
    /// <param name="repositories">The repository and its copies, in order of preference.</param>
    /// <param name="id">
    /// Id, beginning of an id, or <c>latest</c>. A copy has the version under another id and is found by where it came from.
    /// </param>
    /// <param name="store">Store URI to limit to; null = all.</param>
    /// <param name="before">Only versions whose cut is not later; null = all.</param>
    /// <param name="observer">Told when another than the first has it.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <exception cref="TsBackupException">
    /// VersionNotFound, VersionAmbiguous, VersionDamaged: the error of the first repository.
    /// </exception>
    public static async Task<(RepositoryConnection Repository, VersionHeader Header)> FindAsync(
        IReadOnlyList<RepositoryConnection> repositories,
        string id,
        string? store,
        DateTimeOffset? before,
        IOperationObserver observer,
        CancellationToken cancellation)
    {
        TsBackupException? first = null;
        foreach (var repository in repositories)
        {
            try
            {
                var header = await FindCopyAsync(repository, id, cancellation).ConfigureAwait(false)
                    ?? await VersionQuery.FindAsync(repository, id, store, before, observer, cancellation).ConfigureAwait(false);
                if (first is not null)
                    observer.Warning($"{first.Message} Version {header.Id} in {repository.Location} is used instead.");
                return (repository, header);
            }
            catch (TsBackupException e) when (BlockSource.IsLoss(e))
            {
                first ??= e;
            }
        }
        throw first ?? new TsBackupException(ErrorId.ArgumentInvalid, "No repository is given.");
    }

    private static async Task<VersionHeader?> FindCopyAsync(RepositoryConnection repository, string id, CancellationToken cancellation)
    {
        await foreach (var header in repository.Repository.ListVersionsAsync(cancellation).ConfigureAwait(false))
        {
            if (VersionOrigin.Of(header, repository.Repository).EndsWith("/" + id, StringComparison.Ordinal))
                return header;
        }
        return null;
    }
}
