using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>What is constant while a slice of a wide-column table is read.</summary>
internal sealed class WideScan
{
    private readonly KeyRange _range;
    private readonly ReadOnlyMemory<byte>? _filter;

    /// <summary>Prepares to read a slice.</summary>
    /// <param name="table">Full name of the table.</param>
    /// <param name="slice">The slice.</param>
    /// <param name="description">Its table.</param>
    /// <exception cref="TsBackupException">ArgumentInvalid when the slice's partition is no range of this table.</exception>
    public WideScan(string table, Slice slice, DescribeTableResponse description)
    {
        Table = table;
        Keys = description.Meta!.PrimaryKey;
        _range = KeyRange.Parse(slice.Partition, Keys.Count, table);
        MaxVersions = Math.Max(1, description.Options!.MaxVersions ?? 1);
        TakesEmptyRows = slice.Window.Contains(0);
        var first = Math.Max(0, slice.Window.First);
        // Round the start up and the end (which the service excludes) down to whole milliseconds.
        var start = (first / TableColumns.NanosPerMilli) + (first % TableColumns.NanosPerMilli == 0 ? 0 : 1);
        var end = slice.Window.Last < 0 ? 0 : (slice.Window.Last / TableColumns.NanosPerMilli) + 1;
        if (start > 0 || slice.Window.Last != long.MaxValue)
            Versions = new VersionRange { Start = start, End = Math.Max(start, end) };
    }

    private WideScan(WideScan other, VersionRange? versions, int maxVersions, ReadOnlyMemory<byte>? filter)
    {
        (Table, Keys, _range, TakesEmptyRows) = (other.Table, other.Keys, other._range, other.TakesEmptyRows);
        (Versions, MaxVersions, _filter) = (versions, maxVersions, filter);
    }

    /// <summary>Full name of the table.</summary>
    public string Table { get; }

    /// <summary>Its primary key.</summary>
    public IReadOnlyList<PrimaryKeySchema> Keys { get; }

    /// <summary>True when rows without cells belong to the slice.</summary>
    public bool TakesEmptyRows { get; }

    /// <summary>True when only a range of versions is asked for.</summary>
    public bool HasTimeRange => Versions is not null;

    /// <summary>Versions asked for; null for all.</summary>
    public VersionRange? Versions { get; }

    /// <summary>Versions of a cell asked for: as many as the table keeps.</summary>
    public int MaxVersions { get; }

    /// <summary>The lower bound of the range as the protocol carries it.</summary>
    public ReadOnlyMemory<byte> Start => KeyRange.ToBlob(_range.Lower, Keys);

    /// <summary>A request that goes on from a key.</summary>
    public GetRangeRequest From(ReadOnlyMemory<byte> start) => new()
    {
        TableName = Table,
        Direction = Direction.Forward,
        TimeRange = Versions,
        MaxVersions = MaxVersions,
        InclusiveStart = start,
        ExclusiveEnd = KeyRange.ToBlob(_range.Upper, Keys),
        Filter = _filter,
    };

    /// <summary>The same range of keys with other cells of its rows.</summary>
    public WideScan Narrowed(VersionRange? versions, int maxVersions, ReadOnlyMemory<byte>? filter) =>
        new(this, versions, maxVersions, filter);

    /// <summary>Refuses a row whose keys are not those of the table: it was dropped and made anew.</summary>
    /// <exception cref="TsBackupException">StoreChanged.</exception>
    public void Check(PlainRow row)
    {
        var fits = row.Keys.Count == Keys.Count;
        for (var i = 0; fits && i < Keys.Count; i++)
        {
            fits = row.Keys[i].Type == Keys[i].Type switch
            {
                PrimaryKeyType.Integer => PlainType.Integer,
                PrimaryKeyType.String => PlainType.String,
                _ => PlainType.Blob,
            };
        }
        if (!fits)
        {
            throw new TsBackupException(
                ErrorId.StoreChanged, $"Table '{Table}' got another primary key while it was read.", Table, "Run the backup again.");
        }
        foreach (var cell in row.Cells)
        {
            if (cell.Version == PlainCell.NoVersion || cell.Type is not (<= PlainType.String or PlainType.Blob))
                throw new TsBackupException(ErrorId.StoreReplyInvalid, $"Table '{Table}' sent a cell without version or value.", Table);
        }
    }

    /// <summary>A row's key as the protocol carries it.</summary>
    public ReadOnlyMemory<byte> ToBlob(PlainRow row) => KeyRange.ToBlob([.. row.Keys.Select(k => row.ValueOf(k))], Keys);
}
