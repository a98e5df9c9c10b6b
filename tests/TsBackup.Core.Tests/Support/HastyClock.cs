using System.Collections.Concurrent;

namespace TsBackup.Tests.Support;

/// <summary>
/// A clock whose short timers go off at once and whose long ones never do: pauses between tries take no time, limits of requests do
/// not interfere.
/// </summary>
public sealed class HastyClock : TimeProvider
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(40);

    /// <summary>The pauses that were asked for.</summary>
    public ConcurrentQueue<TimeSpan> Pauses { get; } = new();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.Zero || dueTime >= Long)
            return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Pauses.Enqueue(dueTime);
        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
