using System.Text.RegularExpressions;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.TestServers.Tablestore;

/// <summary>Rules on names, options and sizes, from the vendor's pages on limits.</summary>
internal static partial class FakeRules
{
    public const int MaxTables = 64;
    public const int MaxBody = 5 << 20;
    public const int MaxWrite = 4 << 20;
    public const int MaxValue = 2 << 20;
    public const int MaxColumns = 1024;
    public const int MaxBatchRows = 200;

    public static void CheckName(string name)
    {
        if (name.Length is 0 or > 255 || !Name().IsMatch(name))
            throw FakeError.Invalid($"Invalid name: '{name}'.");
    }

    public static void CheckKeys(IReadOnlyList<PrimaryKeySchema> keys)
    {
        if (keys.Count is 0 or > 4)
            throw FakeError.Invalid("The number of primary key columns must be in range: [1, 4].");
        for (var i = 0; i < keys.Count; i++)
        {
            CheckName(keys[i].Name!);
            if (keys[i].Option == PrimaryKeyOption.AutoIncrement && (i == 0 || keys[i].Type != PrimaryKeyType.Integer))
                throw FakeError.Invalid("An auto-increment column must be an INTEGER and not the partition key.");
        }
        if (keys.Count(k => k.Option == PrimaryKeyOption.AutoIncrement) > 1)
            throw FakeError.Invalid("Only one auto-increment column is allowed.");
    }

    public static void CheckOptions(TableOptions options, bool hasSecondaryIndexes, IEnumerable<CreateSearchIndexRequest> searchIndexes)
    {
        if (options.TimeToLive is { } ttl && ttl != -1 && ttl < 86_400)
            throw FakeError.Invalid("TimeToLive must be -1 or at least 86400.");
        if (options.MaxVersions is < 1)
            throw FakeError.Invalid("MaxVersions must be positive.");
        if (options.MaxVersionOffset is < 1)
            throw FakeError.Invalid("DeviationCellVersionInSec must be positive.");
        var hasSearch = searchIndexes.Any();
        if (!hasSearch && !hasSecondaryIndexes)
            return;
        if (options.MaxVersions > 1)
            throw FakeError.Invalid("A table with an index must have MaxVersions 1.");
        if (options.TimeToLive is not (null or -1) && options.AllowUpdate != false)
            throw FakeError.Invalid("A table with an index must have TimeToLive -1 or AllowUpdate false.");
        foreach (var index in searchIndexes)
        {
            if (index.TimeToLive is > 0
                && (options.AllowUpdate != false || (options.TimeToLive > 0 && index.TimeToLive > options.TimeToLive)))
                throw FakeError.Invalid("A search index with TimeToLive needs AllowUpdate false and a longer TimeToLive of its table.");
        }
    }

    /// <summary>Checks a row change before it is applied.</summary>
    public static void CheckRow(FakeTable table, PlainRow row, int bytes, int maxRowBytes, long nowMs)
    {
        if (row.Cells.Count > MaxColumns)
            throw new FakeError(400, "OTSOutOfColumnCountLimit", "The number of attribute columns exceeds the limit, limit count: 1024.");
        if (bytes > maxRowBytes)
            throw new FakeError(400, "OTSOutOfRowSizeLimit", $"The total data size of columns in one row exceeds the limit {maxRowBytes}.");
        foreach (var cell in row.Cells)
        {
            CheckName(row.NameTextOf(cell));
            if (cell.ValueLength > MaxValue)
                throw FakeError.Invalid("The length of an attribute column exceeds the MaxLength 2097152.");
            if (cell.Type == PlainType.Double && double.IsNaN(BitConverter.Int64BitsToDouble(cell.Bits)))
                throw FakeError.Invalid("NaN is not a value.");
            if (cell is { Version: not PlainCell.NoVersion, Operation: CellOperation.Put })
                table.CheckVersion(cell.Version, nowMs);
        }
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex Name();
}
