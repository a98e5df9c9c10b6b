using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Reads what a version holds.</summary>
internal static class VersionReader
{
    /// <summary>Reads the whole content.</summary>
    /// <exception cref="TsBackupException">VersionDamaged, BlockNotFound, BlockDamaged, PackDamaged.</exception>
    public static async Task<VersionContent> ReadAsync(
        RepositoryConnection connection, VersionHeader header, CancellationToken cancellation)
    {
        var pieces = await ReadPiecesAsync(connection, header, cancellation).ConfigureAwait(false);
        var catalog = await ReadCatalogAsync(connection, header, pieces[0], cancellation).ConfigureAwait(false);
        var groups = new List<GroupEntry>();
        foreach (var page in pieces.Skip(1))
        {
            using var bytes = await connection.Repository.ReadBlockAsync(page, cancellation).ConfigureAwait(false);
            groups.AddRange(VersionContentFormat.ReadPage(bytes.Memory, header.Id));
        }
        return new VersionContent(catalog, groups);
    }

    /// <summary>Reads what is left of a damaged content: null without root or catalog, else the pages that can be read.</summary>
    /// <returns>The rest, and a sentence for each page that is lost.</returns>
    public static async Task<(VersionContent? Content, IReadOnlyList<string> Reasons)> ReadRestAsync(
        RepositoryConnection connection, VersionHeader header, CancellationToken cancellation)
    {
        Catalog catalog;
        IReadOnlyList<BlockId> pieces;
        try
        {
            pieces = await ReadPiecesAsync(connection, header, cancellation).ConfigureAwait(false);
            catalog = await ReadCatalogAsync(connection, header, pieces[0], cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (BlockSource.IsLoss(e))
        {
            return (null, [e.Message]);
        }
        var groups = new List<GroupEntry>();
        var reasons = new List<string>();
        for (var page = 1; page < pieces.Count; page++)
        {
            try
            {
                using var bytes = await connection.Repository.ReadBlockAsync(pieces[page], cancellation).ConfigureAwait(false);
                groups.AddRange(VersionContentFormat.ReadPage(bytes.Memory, header.Id));
            }
            catch (TsBackupException e) when (BlockSource.IsLoss(e))
            {
                reasons.Add($"Page {page} of {pieces.Count - 1} of its list of slices is lost, so what that page named is not known.");
            }
        }
        return (new VersionContent(catalog, groups), reasons);
    }

    /// <summary>Ids of the blocks that hold the content: the catalog, then the pages.</summary>
    public static async Task<IReadOnlyList<BlockId>> ReadPiecesAsync(
        RepositoryConnection connection, VersionHeader header, CancellationToken cancellation)
    {
        var root = await connection.Repository.ReadContentAsync(header, cancellation).ConfigureAwait(false);
        return VersionContentFormat.ReadRoot(root.Span, header.Id);
    }

    /// <summary>The catalog alone.</summary>
    public static async Task<Catalog> ReadCatalogAsync(
        RepositoryConnection connection, VersionHeader header, BlockId piece, CancellationToken cancellation)
    {
        using var bytes = await connection.Repository.ReadBlockAsync(piece, cancellation).ConfigureAwait(false);
        return VersionContentFormat.ReadCatalog(bytes.Memory, header.Id);
    }
}
