using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Reads what a version holds.</summary>
internal static class VersionReader
{
    /// <summary>Reads the whole content.</summary>
    /// <exception cref="TsBackupException">VersionDamaged, BlockNotFound, BlockDamaged, PackDamaged.</exception>
    public static async Task<VersionContent> ReadAsync(RepositoryConnection connection, VersionHeader header, CancellationToken cancellation)
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
