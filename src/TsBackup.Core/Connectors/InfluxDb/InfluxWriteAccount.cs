using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>Counts what became of the rows of a group. May be used from several threads.</summary>
internal sealed class InfluxWriteAccount
{
    private const int MaxReasonsPerSlice = 20;
    private readonly Dictionary<(Slice Slice, string Reason), long> _failures = [];
    private readonly Dictionary<Slice, int> _reasons = [];
    private readonly Lock _lock = new();
    private long _written;
    private long _failed;

    /// <summary>Counts rows that the target has taken.</summary>
    public void Written(long rows) => Interlocked.Add(ref _written, rows);

    /// <summary>Counts rows that it has not.</summary>
    public void Failed(Slice slice, long rows, string reason)
    {
        if (rows == 0)
            return;
        lock (_lock)
        {
            _failed += rows;
            var known = _failures.GetValueOrDefault((slice, reason));
            if (known == 0 && _reasons.GetValueOrDefault(slice) >= MaxReasonsPerSlice)
            {
                reason = "Other reasons.";
                known = _failures.GetValueOrDefault((slice, reason));
            }
            if (known == 0)
                _reasons[slice] = _reasons.GetValueOrDefault(slice) + 1;
            _failures[(slice, reason)] = known + rows;
        }
    }

    /// <summary>The account.</summary>
    public WriteOutcome ToOutcome()
    {
        lock (_lock)
        {
            return new WriteOutcome(
                Interlocked.Read(ref _written),
                _failed,
                [.. _failures.Select(f => new WriteFailure(f.Key.Slice, f.Value, nameof(ErrorId.StoreWriteRejected), f.Key.Reason))]);
        }
    }
}
