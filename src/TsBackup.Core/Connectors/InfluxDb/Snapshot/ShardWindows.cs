namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>
/// The windows of a retention policy's shard groups: all of one length, counted by the server from the year 1; their numbers here
/// count from 1970.
/// </summary>
internal sealed class ShardWindows
{
    // Nanoseconds from the year 1 to 1970: more than an int64 holds, and Int128 would be compiled anew at each start of the program.
    private const decimal EpochSinceYearOne = 62_135_596_800_000_000_000m;
    private readonly long _length;
    private readonly long _offset;

    /// <summary>Makes the windows of a length (ns, above 0).</summary>
    public ShardWindows(long length)
    {
        _length = length;
        _offset = (long)(EpochSinceYearOne % length);
    }

    /// <summary>Number of the window that holds a time.</summary>
    public long IndexOf(long time)
    {
        var (index, rest) = Math.DivRem(time, _length);
        if (rest < 0)
        {
            index--;
            rest += _length;
        }
        return rest >= _length - _offset ? index + 1 : index;
    }

    /// <summary>The last time of the window that holds a time, as far as an int64 goes.</summary>
    public long LastOf(long time)
    {
        var rest = time % _length;
        if (rest < 0)
            rest += _length;
        var left = _length - 1 - (rest >= _length - _offset ? rest - (_length - _offset) : rest + _offset);
        return left > long.MaxValue - time && time > 0 ? long.MaxValue : time + left;
    }

    /// <summary>Index after the rows that lie in the window of the first one.</summary>
    /// <param name="times">Times that ascend.</param>
    /// <param name="first">First row.</param>
    /// <param name="end">Row after the last one.</param>
    public int EndOf(ReadOnlySpan<long> times, int first, int end)
    {
        var last = LastOf(times[first]);
        if (times[end - 1] <= last)
            return end;
        var at = times[first..end].BinarySearch(last);
        return first + (at >= 0 ? at + 1 : ~at);
    }
}
