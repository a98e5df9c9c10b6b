using TsBackup.Codec;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>
/// Reads the blocks of a version. A block that is damaged or missing is looked for where the same slice (equal digest) stands with
/// other blocks: in other versions of the repository, then in copies of the repository.
/// </summary>
internal sealed class BlockSource(
    RepositoryConnection repository, IReadOnlyList<RepositoryConnection> copies, VersionHeader version)
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private Dictionary<SliceKey, List<(RepositoryConnection Where, SliceEntry Entry, string VersionId)>>? _alternatives;

    /// <summary>Reads, decrypts and decodes a block of a slice.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="index">Index of the block in the slice.</param>
    /// <param name="found">Called when the block had to be taken from elsewhere; null = it is not looked for.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="TsBackupException">The block is found nowhere; the error is that of the first try.</exception>
    public async Task<Batch> ReadAsync(SliceEntry slice, int index, Action<FoundBlock>? found, CancellationToken cancellation)
    {
        try
        {
            return await ReadAsync(repository, slice.Blocks[index], cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (IsLoss(e))
        {
            if (found is null)
                throw;
            foreach (var (where, entry, versionId) in await AlternativesAsync(slice, cancellation).ConfigureAwait(false))
            {
                if (await TryReadAsync(where, entry, slice, index, cancellation).ConfigureAwait(false) is not { } batch)
                    continue;
                found(new FoundBlock(slice, index, e, where.Location, versionId));
                return batch;
            }
            throw;
        }
    }

    /// <summary>True when the error says that the bytes are gone, not that reading them was refused.</summary>
    public static bool IsLoss(TsBackupException e) =>
        e.Kind is ErrorKind.Damaged or ErrorKind.NotFound or ErrorKind.StorageRead or ErrorKind.Version;

    private static async Task<Batch> ReadAsync(RepositoryConnection where, BlockEntry block, CancellationToken cancellation)
    {
        using var bytes = await where.Repository.ReadBlockAsync(block.Id, cancellation).ConfigureAwait(false);
        var batch = BlockCodec.Decode(bytes.Memory.Span);
        if (batch.RowCount == block.Rows)
            return batch;
        var rows = batch.RowCount;
        batch.Dispose();
        throw new TsBackupException(
            ErrorId.BlockDamaged, $"Block {block.Id} holds {rows} rows where {block.Rows} were recorded.", block.Id.ToString());
    }

    private static async Task<Batch?> TryReadAsync(
        RepositoryConnection where, SliceEntry entry, SliceEntry wanted, int index, CancellationToken cancellation)
    {
        // Blocks are exchangeable one by one only when both slices were cut alike.
        if (entry.Blocks.Count != wanted.Blocks.Count)
            return null;
        for (var i = 0; i < entry.Blocks.Count; i++)
        {
            if (entry.Blocks[i].Rows != wanted.Blocks[i].Rows || entry.Blocks[i].First != wanted.Blocks[i].First)
                return null;
        }
        try
        {
            return await ReadAsync(where, entry.Blocks[index], cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (IsLoss(e))
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<(RepositoryConnection Where, SliceEntry Entry, string VersionId)>> AlternativesAsync(
        SliceEntry slice, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            _alternatives ??= await LoadAlternativesAsync(cancellation).ConfigureAwait(false);
            return _alternatives.TryGetValue(SliceKey.Of(slice), out var others) ? others : [];
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<Dictionary<SliceKey, List<(RepositoryConnection Where, SliceEntry Entry, string VersionId)>>> LoadAlternativesAsync(
        CancellationToken cancellation)
    {
        var all = new Dictionary<SliceKey, List<(RepositoryConnection, SliceEntry, string)>>();
        foreach (var where in copies.Prepend(repository))
        {
            await foreach (var header in where.Repository.ListVersionsAsync(cancellation).ConfigureAwait(false))
            {
                if (where == repository && header.Id == version.Id)
                    continue;
                foreach (var entry in await TryReadSlicesAsync(where, header, cancellation).ConfigureAwait(false))
                {
                    var key = SliceKey.Of(entry);
                    if (!all.TryGetValue(key, out var list))
                        all[key] = list = [];
                    list.Add((where, entry, header.Id));
                }
            }
        }
        return all;
    }

    private static async Task<IEnumerable<SliceEntry>> TryReadSlicesAsync(
        RepositoryConnection where, VersionHeader header, CancellationToken cancellation)
    {
        try
        {
            var content = await VersionReader.ReadAsync(where, header, cancellation).ConfigureAwait(false);
            return content.Slices.Where(s => s.IsComplete && s.Summary.Rows > 0);
        }
        catch (TsBackupException e) when (IsLoss(e))
        {
            // That version is damaged too; others may help.
            return [];
        }
    }

    private readonly record struct SliceKey(Slice Slice, SliceDigest Digest)
    {
        public static SliceKey Of(SliceEntry entry) => new(entry.Slice, entry.Summary.Digest);
    }
}
