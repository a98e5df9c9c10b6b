namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>A clock on which pauses of up to a minute pass at once, and count; longer timers are limits and never fire.</summary>
internal sealed class InstantClock : TimeProvider
{
    private long _ahead;

    /// <summary>Time that was passed over.</summary>
    public TimeSpan Ahead => TimeSpan.FromTicks(Interlocked.Read(ref _ahead));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;

    public override long GetTimestamp() => Ahead.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var isPause = dueTime > TimeSpan.Zero && dueTime <= TimeSpan.FromMinutes(1);
        if (isPause)
            Interlocked.Add(ref _ahead, dueTime.Ticks);
        return System.CreateTimer(callback, state, isPause ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Lets time pass.</summary>
    public void Advance(TimeSpan time) => Interlocked.Add(ref _ahead, time.Ticks);
}
