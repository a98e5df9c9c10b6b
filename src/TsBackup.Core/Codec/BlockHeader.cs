using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>What a block says about itself before its columns.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Runs">Number of runs.</param>
/// <param name="RowsAreTuples">True for rows of a store without series.</param>
/// <param name="Times">Earliest and latest time; empty when there are no rows or no time column.</param>
/// <param name="Columns">Its columns in the order of the batch.</param>
public sealed record BlockHeader(int Rows, int Runs, bool RowsAreTuples, TimeRange Times, IReadOnlyList<ColumnSchema> Columns);
