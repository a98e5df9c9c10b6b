namespace TsBackup.Repository;

/// <summary>How much of a pack is needed.</summary>
/// <param name="Live">Bytes of blocks that a version needs and that are counted for this pack.</param>
/// <param name="Copies">Bytes of blocks that a version needs and that another pack has as well.</param>
/// <param name="Released">Bytes of blocks that only erased versions needed.</param>
/// <param name="Total">Bytes of all blocks.</param>
internal readonly record struct PackUsage(long Live, long Copies, long Released, long Total)
{
    /// <summary>
    /// Usage by number of the pack. A block that is stored several times counts for the first pack that can be relied on.
    /// </summary>
    public static List<PackUsage> Count(BlockIndex index, HashSet<BlockId> live, HashSet<BlockId> released)
    {
        var packs = index.Packs;
        var usage = Enumerable.Repeat(default(PackUsage), packs.Count).ToList();
        HashSet<BlockId> counted = [];
        index.ForEach((id, location) =>
        {
            ref var at = ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(usage)[location.Pack];
            var isLive = live.Contains(id) && !packs[location.Pack].IsAvoided;
            var isFirst = isLive && counted.Add(id);
            at = new PackUsage(
                at.Live + (isFirst ? location.Stored : 0),
                at.Copies + (isLive && !isFirst ? location.Stored : 0),
                at.Released + (released.Contains(id) ? location.Stored : 0),
                at.Total + location.Stored);
        });
        return usage;
    }
}
