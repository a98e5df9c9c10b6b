using TsBackup.Errors;

namespace TsBackup.Model;

/// <summary>
/// A range of nanoseconds since the epoch, <b>both ends included</b>, so that the whole int64 range can be said.
/// </summary>
/// <param name="First">First nanosecond inside.</param>
/// <param name="Last">Last nanosecond inside.</param>
public readonly record struct TimeRange(long First, long Last)
{
    /// <summary>Every representable time.</summary>
    public static readonly TimeRange All = new(long.MinValue, long.MaxValue);

    /// <summary>True when no time is inside.</summary>
    public bool IsEmpty => First > Last;

    /// <summary>True when <paramref name="time"/> is inside.</summary>
    public bool Contains(long time) => time >= First && time <= Last;

    /// <summary>True when all of <paramref name="other"/> is inside.</summary>
    public bool Contains(TimeRange other) => other.First >= First && other.Last <= Last;

    /// <summary>True when the two share a nanosecond.</summary>
    public bool Overlaps(TimeRange other) => First <= other.Last && other.First <= Last;

    /// <summary>What the two share; empty when nothing.</summary>
    public TimeRange Intersect(TimeRange other) => new(Math.Max(First, other.First), Math.Min(Last, other.Last));

    /// <summary>
    /// Makes a range from a start (included) and an end (excluded), as users say it; null means open.
    /// </summary>
    /// <exception cref="TsBackupException">TimeRangeInvalid when nothing lies between.</exception>
    public static TimeRange FromStartEnd(long? start, long? end)
    {
        if (start is { } s && end is { } e && e <= s)
        {
            throw new TsBackupException(
                ErrorId.TimeRangeInvalid,
                $"The time range ends at {TimeText.Format(e)}, which is not after its start {TimeText.Format(s)}.",
                hint: "Give an end that is later than the start.");
        }
        if (end == long.MinValue)
            throw new TsBackupException(ErrorId.TimeRangeInvalid, "The time range ends before the first representable time.");
        return new TimeRange(start ?? long.MinValue, end is { } last ? last - 1 : long.MaxValue);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        this == All ? "all"
            : $"{(First == long.MinValue ? "…" : TimeText.Format(First))} to {(Last == long.MaxValue ? "…" : TimeText.Format(Last))}";
}
