using TsBackup.Errors;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>A version with its content, from its repository or, when the content is damaged there, from a copy.</summary>
/// <param name="Repository">Where the content was read.</param>
/// <param name="Header">The version there.</param>
/// <param name="Content">What it holds.</param>
/// <param name="Blocks">Reads its blocks, there and elsewhere.</param>
/// <param name="Damage">What is wrong in the repository that was asked first; null when the content was read there.</param>
internal sealed record VersionSource(
    RepositoryConnection Repository, VersionHeader Header, VersionContent Content, BlockSource Blocks, TsBackupException? Damage)
{
    /// <summary>Reads the content of a version.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="copies">Other repositories, in order of preference.</param>
    /// <param name="header">The version.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="TsBackupException">Neither the repository nor a copy has it whole: the error of the repository.</exception>
    public static async Task<VersionSource> OpenAsync(
        RepositoryConnection repository,
        IReadOnlyList<RepositoryConnection> copies,
        VersionHeader header,
        CancellationToken cancellation)
    {
        try
        {
            var content = await VersionReader.ReadAsync(repository, header, cancellation).ConfigureAwait(false);
            return new VersionSource(repository, header, content, new BlockSource(repository, copies, header), null);
        }
        catch (TsBackupException damage) when (BlockSource.IsLoss(damage))
        {
            foreach (var copy in copies)
            {
                if (await TryOpenAsync(repository, header, copy, copies, damage, cancellation).ConfigureAwait(false) is { } found)
                    return found;
            }
            throw;
        }
    }

    private static async Task<VersionSource?> TryOpenAsync(
        RepositoryConnection repository,
        VersionHeader header,
        RepositoryConnection copy,
        IReadOnlyList<RepositoryConnection> copies,
        TsBackupException damage,
        CancellationToken cancellation)
    {
        try
        {
            if (await VersionTwin.FindAsync(header, repository, copy, cancellation).ConfigureAwait(false) is not { } twin)
                return null;
            var content = await VersionReader.ReadAsync(copy, twin, cancellation).ConfigureAwait(false);
            RepositoryConnection[] others = [repository, .. copies.Where(other => other != copy)];
            return new VersionSource(copy, twin, content, new BlockSource(copy, others, twin), damage);
        }
        catch (TsBackupException e) when (BlockSource.IsLoss(e))
        {
            // Damaged there as well; the next copy may have it.
            return null;
        }
    }
}
