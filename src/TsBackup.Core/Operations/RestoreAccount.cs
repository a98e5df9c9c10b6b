using System.Collections.Concurrent;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>Counts what became of every row of a restore, per planned slice. Thread-safe.</summary>
internal sealed class RestoreAccount(Problems problems)
{
    private readonly ConcurrentDictionary<PlannedSlice, Line> _lines = [];

    /// <summary>Rows of a slice that the target has, once its group is written.</summary>
    public long Restored(PlannedSlice slice) => _lines.TryGetValue(slice, out var line) ? line.Restored : 0;

    /// <summary>Digest and counts of the rows that were handed to the writer; null when the slice was not handed over whole.</summary>
    public SliceSummary? Handed(PlannedSlice slice) => _lines.TryGetValue(slice, out var line) && line.Intact ? line.Handed : null;

    /// <summary>Rows were handed over and the slice ended.</summary>
    public void SetHanded(PlannedSlice slice, SliceSummary handed, bool intact)
    {
        var line = _lines.GetOrAdd(slice, static _ => new Line());
        line.Handed = handed;
        line.Intact = intact;
    }

    /// <summary>
    /// The writer is done with a group. Rows handed over less the failures it names are restored; when its sums do not agree with
    /// that, it is believed only for the smaller number.
    /// </summary>
    public void Settle(IReadOnlyList<PlannedSlice> slices, WriteOutcome outcome)
    {
        var failed = new Dictionary<Slice, long>();
        foreach (var failure in outcome.Failures)
        {
            failed[failure.Slice] = failed.GetValueOrDefault(failure.Slice) + failure.Rows;
            var id = Enum.TryParse<ErrorId>(failure.ErrorId, out var known) ? known : ErrorId.StoreWriteRejected;
            problems.Add(id, $"{failure.Rows} rows of {failure.Slice} were not taken: {failure.Reason}", "", failure.Slice);
        }
        long restored = 0;
        foreach (var slice in slices)
        {
            if (!_lines.TryGetValue(slice, out var line))
                continue;
            var rejected = failed.GetValueOrDefault(slice.Target);
            line.Restored = Math.Max(0, line.Handed.Rows - rejected);
            line.Intact &= rejected == 0;
            restored += line.Restored;
        }
        var excess = restored - outcome.RowsWritten;
        if (excess <= 0)
            return;
        problems.Add(ErrorId.StoreWriteRejected, $"The target acknowledged {outcome.RowsWritten} rows where {restored} were expected.");
        foreach (var slice in slices)
        {
            if (!_lines.TryGetValue(slice, out var line))
                continue;
            var taken = Math.Min(excess, line.Restored);
            line.Restored -= taken;
            line.Intact &= taken == 0;
            excess -= taken;
        }
    }

    private sealed class Line
    {
        public SliceSummary Handed { get; set; } = new(0, 0, 0, 0, 0, SliceDigest.Empty);

        public bool Intact { get; set; }

        public long Restored { get; set; }
    }
}
