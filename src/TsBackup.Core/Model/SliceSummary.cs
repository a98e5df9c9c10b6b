namespace TsBackup.Model;

/// <summary>What was counted while the rows of a slice went by.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Points">Present cells of value columns.</param>
/// <param name="Tuples">Key tuples (series).</param>
/// <param name="First">Earliest time in ns; 0 when there are no rows or no times.</param>
/// <param name="Last">Latest time in ns; 0 when there are no rows or no times.</param>
/// <param name="Digest">The digest.</param>
public sealed record SliceSummary(long Rows, long Points, long Tuples, long First, long Last, SliceDigest Digest);
