using System.Globalization;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>Counts work done and tells the observer now and then, with rate and time left. Thread-safe.</summary>
internal sealed class ProgressMeter(string activity, IOperationObserver observer, TimeProvider clock)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly long _started = clock.GetTimestamp();
    private long _lastTold;
    private long _rows;
    private long _bytes;
    private double _done;
    private double _total = -1;

    public long Rows => Interlocked.Read(ref _rows);

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Says how much there is in all, in any unit; −1 when unknown.</summary>
    public void SetTotal(double total) => _total = total;

    /// <summary>Adds work.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="bytes">Bytes.</param>
    /// <param name="units">Units of the total.</param>
    public void Add(long rows, long bytes, double units)
    {
        Interlocked.Add(ref _rows, rows);
        Interlocked.Add(ref _bytes, bytes);
        lock (_lock)
        {
            _done += units;
            var now = clock.GetTimestamp();
            if (_lastTold != 0 && clock.GetElapsedTime(_lastTold, now) < s_interval)
                return;
            _lastTold = now;
            Tell(now);
        }
    }

    /// <summary>Tells the last state.</summary>
    public void Finish()
    {
        lock (_lock)
        {
            if (_total > 0)
                _done = _total;
            Tell(clock.GetTimestamp());
        }
    }

    private void Tell(long now)
    {
        var elapsed = clock.GetElapsedTime(_started, now);
        var fraction = _total > 0 ? Math.Clamp(_done / _total, 0, 1) : -1;
        TimeSpan? remaining = fraction is > 0.005 and < 1 ? elapsed * ((1 - fraction) / fraction) : null;
        var rate = elapsed.TotalSeconds > 0.05 ? Rows / elapsed.TotalSeconds : 0;
        var status = string.Create(CultureInfo.InvariantCulture, $"{Rows:N0} rows, {rate:N0} rows/s, {SizeText.Format(Bytes)}");
        observer.Progress(new OperationProgress(activity, status, fraction, remaining, Rows, Bytes));
    }
}
