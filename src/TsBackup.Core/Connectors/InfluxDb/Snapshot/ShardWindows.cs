namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>The windows of a retention policy's shard groups: all of one length, counted from the year 1.</summary>
/// <param name="Length">Nanoseconds of a window, above 0.</param>
internal readonly record struct ShardWindows(long Length)
{
    private static readonly Int128 EpochSinceYearOne = (Int128)62_135_596_800 * 1_000_000_000;

    /// <summary>Number of the window that holds a time.</summary>
    public long IndexOf(long time) => (long)((time + EpochSinceYearOne) / Length);

    /// <summary>The last time of a window, as far as an int64 goes.</summary>
    public long LastOf(long index) => (long)Int128.Min((((Int128)index + 1) * Length) - EpochSinceYearOne - 1, long.MaxValue);

    /// <summary>Index after the rows that lie in the window of the first one.</summary>
    /// <param name="times">Times that ascend.</param>
    /// <param name="first">First row.</param>
    /// <param name="end">Row after the last one.</param>
    /// <param name="index">Number of the window.</param>
    public int EndOf(ReadOnlySpan<long> times, int first, int end, out long index)
    {
        index = IndexOf(times[first]);
        var last = LastOf(index);
        if (times[end - 1] <= last)
            return end;
        var at = times[first..end].BinarySearch(last);
        return first + (at >= 0 ? at + 1 : ~at);
    }
}
