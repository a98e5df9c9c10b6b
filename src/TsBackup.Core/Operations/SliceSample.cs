namespace TsBackup.Operations;

/// <summary>A slice to be tested: with its digest when all its blocks are, else some of its blocks.</summary>
/// <param name="Slice">The slice.</param>
/// <param name="Blocks">Indexes of the blocks; null = all.</param>
internal readonly record struct SampledSlice(SliceEntry Slice, int[]? Blocks)
{
    public long Rows => Blocks is null ? Slice.Summary.Rows : RowsOf(Slice, Blocks);

    private static long RowsOf(SliceEntry slice, int[] blocks) => blocks.Sum(index => (long)slice.Blocks[index].Rows);
}

/// <summary>
/// Chooses slices by a seed until they make up a share of the rows. Of a slice too large for what is left, blocks are chosen.
/// </summary>
internal static class SliceSample
{
    /// <param name="slices">What to choose from.</param>
    /// <param name="percent">Percentage of the rows, above 0.</param>
    /// <param name="seed">The same seed chooses the same.</param>
    /// <param name="wholeOnly">Choose whole slices, even where that is more than was asked for.</param>
    public static List<SampledSlice> Choose(IReadOnlyList<SliceEntry> slices, double percent, int seed, bool wholeOnly)
    {
        var random = new Random(seed);
        var order = slices.Where(slice => slice.Summary.Rows > 0).ToArray();
        var left = (long)Math.Ceiling(order.Sum(slice => (double)slice.Summary.Rows) * percent / 100);
        random.Shuffle(order);
        var chosen = new List<SampledSlice>();
        foreach (var slice in order)
        {
            if (left <= 0)
                break;
            var part = slice.Summary.Rows <= left || wholeOnly
                ? new SampledSlice(slice, null)
                : new SampledSlice(slice, ChooseBlocks(slice, left, random));
            chosen.Add(part);
            left -= part.Rows;
        }
        return chosen;
    }

    private static int[]? ChooseBlocks(SliceEntry slice, long rows, Random random)
    {
        var order = Enumerable.Range(0, slice.Blocks.Count).ToArray();
        random.Shuffle(order);
        var count = 0;
        while (count < order.Length && rows > 0)
            rows -= slice.Blocks[order[count++]].Rows;
        return count == order.Length ? null : order[..count];
    }
}
