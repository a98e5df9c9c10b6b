using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Fills in what a header tells of its content.</summary>
internal static class VersionTotals
{
    /// <summary>State, reasons, counts and time bounds of a content.</summary>
    /// <param name="header">The header to fill in.</param>
    /// <param name="content">Its content.</param>
    /// <param name="otherReasons">Reasons beside the slices that failed.</param>
    public static VersionHeader Apply(VersionHeader header, VersionContent content, IReadOnlyList<string> otherReasons)
    {
        var complete = content.Slices.Where(s => s.IsComplete).ToArray();
        var timed = complete.Where(s => s.Summary.Rows > 0).ToArray();
        string[] reasons = [.. otherReasons, .. content.Slices.Where(s => !s.IsComplete).Select(s => $"{s.Slice}: {s.FailureMessage}")];
        return header with
        {
            State = reasons.Length == 0 ? VersionState.Complete : VersionState.Incomplete,
            Reasons = reasons,
            Tables = complete.Select(s => s.Slice.Table).Distinct().Count(),
            Slices = complete.Length,
            Rows = complete.Sum(s => s.Summary.Rows),
            Points = complete.Sum(s => s.Summary.Points),
            First = timed.Length == 0 ? 0 : timed.Min(s => s.Summary.First),
            Last = timed.Length == 0 ? 0 : timed.Max(s => s.Summary.Last),
            PlainBytes = complete.Sum(s => s.Blocks.Sum(b => (long)b.Bytes)),
        };
    }
}
