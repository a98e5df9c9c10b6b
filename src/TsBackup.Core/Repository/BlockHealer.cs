namespace TsBackup.Repository;

/// <summary>
/// Takes lost blocks of a version from a copy of it in another repository. Ids are keyed and differ there, but a copy keeps the order
/// of references, and the id that the bytes have here proves that they are the right ones.
/// </summary>
internal sealed class BlockHealer(BlockRepository repository, BlockRepository source, BlockWriter writer)
{
    /// <returns>Number of blocks that were stored again.</returns>
    public async Task<int> HealAsync(VersionHeader version, CancellationToken ct)
    {
        if (await VersionCopy.FindTwinAsync(repository, version, source, ct).ConfigureAwait(false) is not { } twin)
            return 0;
        var healed = 0;
        var theirs = await source.ReadReferencesAsync(twin, ct).ConfigureAwait(false);
        if (version.ReferencePieces.All(repository.Index.CanRelyOn))
        {
            var ours = await repository.ReadReferencesAsync(version, ct).ConfigureAwait(false);
            for (var i = 0; i < ours.Count && i < theirs.Count; i++)
            {
                if (!repository.Index.CanRelyOn(ours[i]))
                    healed += await PutAsync(theirs[i], ct).ConfigureAwait(false);
            }
            return healed;
        }

        // The list of references is lost as well: all blocks of the copy are offered, and those that are here are not stored again.
        List<BlockId> list = new(theirs.Count);
        foreach (var id in theirs)
        {
            using var block = await source.ReadBlockAsync(id, ct).ConfigureAwait(false);
            var stored = await writer.PutAsync(block.Memory, ct).ConfigureAwait(false);
            healed += stored.IsNew ? 1 : 0;
            list.Add(stored.Id);
        }
        return healed + await writer.PutListAsync(list, ct).ConfigureAwait(false);
    }

    private async Task<int> PutAsync(BlockId id, CancellationToken ct)
    {
        if (await Repair.TryReadAsync(source, id, ct).ConfigureAwait(false) is not { } block)
            return 0;
        using (block)
            return (await writer.PutAsync(block.Memory, ct).ConfigureAwait(false)).IsNew ? 1 : 0;
    }
}
