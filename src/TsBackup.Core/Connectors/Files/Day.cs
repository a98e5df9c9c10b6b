using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>Days since the epoch as numbers, and the windows made of them.</summary>
internal static class Day
{
    public const long Nanoseconds = 86_400_000_000_000;

    /// <summary>Window lengths in days to choose from; each is a multiple of the one before. 0 stands for all times.</summary>
    public static readonly int[] WindowLengths = [1, 7, 28, 364, 0];

    /// <summary>The day a time lies in.</summary>
    public static long Of(long time)
    {
        var day = Math.DivRem(time, Nanoseconds, out var rest);
        return rest < 0 ? day - 1 : day;
    }

    /// <summary>The first day of the window that a day lies in.</summary>
    public static long WindowStart(long day, int length)
    {
        if (length == 0)
            return 0;
        var rest = day % length;
        return rest < 0 ? day - rest - length : day - rest;
    }

    /// <summary>The times of a window.</summary>
    public static TimeRange Window(long startDay, int length)
    {
        if (length == 0)
            return TimeRange.All;
        var first = (Int128)startDay * Nanoseconds;
        var last = first + ((Int128)length * Nanoseconds) - 1;
        return new TimeRange((long)Int128.Max(first, long.MinValue), (long)Int128.Min(last, long.MaxValue));
    }
}
