using TsBackup.Model;

namespace TsBackup.Connectors.Tablestore;

/// <summary>Counts rows written and failed; may be used from several threads.</summary>
internal sealed class WriteLedger
{
    private readonly Dictionary<(Slice Slice, string ErrorId), (long Rows, string Reason)> _failures = [];
    private readonly Lock _gate = new();
    private long _written;
    private long _failed;

    /// <summary>Counts rows that the target has.</summary>
    public void Wrote(long rows) => Interlocked.Add(ref _written, rows);

    /// <summary>Counts rows that the target has not.</summary>
    public void Failed(Slice slice, long rows, string errorId, string reason)
    {
        lock (_gate)
        {
            _failed += rows;
            var old = _failures.GetValueOrDefault((slice, errorId), (0, reason));
            _failures[(slice, errorId)] = (old.Item1 + rows, old.Item2);
        }
    }

    /// <summary>The account.</summary>
    public WriteOutcome ToOutcome()
    {
        lock (_gate)
        {
            return new WriteOutcome(
                Interlocked.Read(ref _written),
                _failed,
                [.. _failures.Select(f => new WriteFailure(f.Key.Slice, f.Value.Rows, f.Key.ErrorId, f.Value.Reason))]);
        }
    }
}
