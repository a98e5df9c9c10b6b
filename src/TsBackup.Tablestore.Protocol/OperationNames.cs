namespace TsBackup.Tablestore.Protocol;

#pragma warning disable CS1591 // The names are the protocol's own.

/// <summary>Names of the operations; each is the path of its request.</summary>
internal static class OperationNames
{
    public const string CreateTable = nameof(CreateTable);
    public const string ListTable = nameof(ListTable);
    public const string DescribeTable = nameof(DescribeTable);
    public const string UpdateTable = nameof(UpdateTable);
    public const string DeleteTable = nameof(DeleteTable);
    public const string CreateIndex = nameof(CreateIndex);
    public const string DropIndex = nameof(DropIndex);
    public const string GetRow = nameof(GetRow);
    public const string PutRow = nameof(PutRow);
    public const string UpdateRow = nameof(UpdateRow);
    public const string DeleteRow = nameof(DeleteRow);
    public const string GetRange = nameof(GetRange);
    public const string BatchGetRow = nameof(BatchGetRow);
    public const string BatchWriteRow = nameof(BatchWriteRow);
    public const string BulkImport = nameof(BulkImport);
    public const string BulkExport = nameof(BulkExport);
    public const string ComputeSplitPointsBySize = nameof(ComputeSplitPointsBySize);
    public const string ListSearchIndex = nameof(ListSearchIndex);
    public const string DescribeSearchIndex = nameof(DescribeSearchIndex);
    public const string CreateSearchIndex = nameof(CreateSearchIndex);
    public const string CreateTimeseriesTable = nameof(CreateTimeseriesTable);
    public const string ListTimeseriesTable = nameof(ListTimeseriesTable);
    public const string DescribeTimeseriesTable = nameof(DescribeTimeseriesTable);
    public const string UpdateTimeseriesTable = nameof(UpdateTimeseriesTable);
    public const string DeleteTimeseriesTable = nameof(DeleteTimeseriesTable);
    public const string PutTimeseriesData = nameof(PutTimeseriesData);
    public const string GetTimeseriesData = nameof(GetTimeseriesData);
    public const string SplitTimeseriesScanTask = nameof(SplitTimeseriesScanTask);
    public const string ScanTimeseriesData = nameof(ScanTimeseriesData);
    public const string QueryTimeseriesMeta = nameof(QueryTimeseriesMeta);
    public const string UpdateTimeseriesMeta = nameof(UpdateTimeseriesMeta);

    /// <summary>True for operations that change nothing, and may be repeated after any failure.</summary>
    public static bool IsRead(string operation) =>
        operation.StartsWith("Get", StringComparison.Ordinal) || operation.StartsWith("List", StringComparison.Ordinal)
        || operation.StartsWith("Describe", StringComparison.Ordinal) || operation.StartsWith("Compute", StringComparison.Ordinal)
        || operation.StartsWith("Query", StringComparison.Ordinal)
        || operation is BatchGetRow or BulkExport or SplitTimeseriesScanTask or ScanTimeseriesData;
}
