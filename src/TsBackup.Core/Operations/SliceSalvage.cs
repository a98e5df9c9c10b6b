using TsBackup.Codec;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Repository;
using BlockWriter = TsBackup.Repository.BlockWriter;

namespace TsBackup.Operations;

/// <summary>
/// Finds a lost slice again: with the same rows, which its digest proves, in another version of the repository or in other repositories.
/// </summary>
internal sealed class SliceSalvage(RepositoryConnection repository, IReadOnlyList<RepositoryConnection> sources)
{
    private Dictionary<(Slice, SliceDigest), List<(RepositoryConnection Where, SliceEntry Entry)>>? _known;

    /// <summary>Blocks that were taken from other repositories.</summary>
    public long BlocksHealed { get; private set; }

    /// <summary>True when all blocks of the slice are in the repository.</summary>
    public bool IsWhole(SliceEntry slice) => slice.Blocks.All(block => repository.Repository.ContainsBlock(block.Id));

    /// <summary>The slice with blocks that the repository has or now has; null when nobody has it.</summary>
    public async Task<SliceEntry?> FindAsync(SliceEntry lost, BlockWriter writer, CancellationToken cancellation)
    {
        _known ??= await LearnAsync(cancellation).ConfigureAwait(false);
        if (!_known.TryGetValue((lost.Slice, lost.Summary.Digest), out var found))
            return null;
        foreach (var (where, entry) in found)
        {
            if (where == repository)
            {
                if (IsWhole(entry))
                    return entry;
            }
            else if (await TryCopyAsync(where, entry, writer, cancellation).ConfigureAwait(false) is { } copied)
            {
                return copied;
            }
        }
        return null;
    }

    private async Task<SliceEntry?> TryCopyAsync(
        RepositoryConnection from, SliceEntry slice, BlockWriter writer, CancellationToken cancellation)
    {
        try
        {
            using var digester = new SliceDigester();
            var blocks = new List<BlockEntry>();
            foreach (var block in slice.Blocks)
            {
                using var bytes = await from.Repository.ReadBlockAsync(block.Id, cancellation).ConfigureAwait(false);
                using (var batch = BlockCodec.Decode(bytes.Memory.Span))
                    digester.Append(batch);
                var stored = await writer.PutAsync(bytes.Memory, cancellation).ConfigureAwait(false);
                BlocksHealed += stored.IsNew ? 1 : 0;
                blocks.Add(block with { Id = stored.Id });
            }
            return digester.Finish() == slice.Summary ? slice with { Blocks = blocks } : null;
        }
        catch (TsBackupException e) when (BlockSource.IsLoss(e))
        {
            // Damaged there as well; another copy may have it.
            return null;
        }
    }

    private async Task<Dictionary<(Slice, SliceDigest), List<(RepositoryConnection, SliceEntry)>>> LearnAsync(
        CancellationToken cancellation)
    {
        var known = new Dictionary<(Slice, SliceDigest), List<(RepositoryConnection, SliceEntry)>>();
        foreach (var where in sources.Prepend(repository))
        {
            // What was removed and not yet erased still has its blocks.
            await foreach (var header in where.Repository.ListVersionsAsync(true, null, cancellation).ConfigureAwait(false))
            {
                if (await TryReadAsync(where, header, cancellation).ConfigureAwait(false) is not { } content)
                    continue;
                foreach (var slice in content.Slices.Where(s => s.IsComplete && s.Summary.Rows > 0))
                {
                    var key = (slice.Slice, slice.Summary.Digest);
                    if (!known.TryGetValue(key, out var list))
                        known[key] = list = [];
                    list.Add((where, slice));
                }
            }
        }
        return known;
    }

    /// <summary>Reads the content of a version; null when it cannot be read.</summary>
    public static async Task<VersionContent?> TryReadAsync(RepositoryConnection where, VersionHeader header, CancellationToken cancellation)
    {
        try
        {
            return await VersionReader.ReadAsync(where, header, cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (BlockSource.IsLoss(e))
        {
            return null;
        }
    }
}
