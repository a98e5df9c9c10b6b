using TsBackup.Model;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// How tables appear in the model. Names with a dollar sign cannot be names of the service, so they collide with nothing.
/// <para>
/// Wide-column tables: key = primary key columns and <c>$column</c>, time = the cell's version, value = <c>$value</c> in the column of
/// its type. A run is one cell with its versions from old to new. All runs of a primary key come together, so that a restore can put
/// rows together as it goes. A row without cells is one row without <c>$column</c> and value at time 0.
/// </para>
/// <para>
/// Time-series tables: key = <c>$measurement</c>, <c>$source</c> and a column per tag, time = µs, a value column per field. The order
/// in which a scan hands out points is not documented, so every row is a tuple of its own and needs no order.
/// </para>
/// </summary>
internal static class TableColumns
{
    /// <summary>Group of time-series tables; wide-column tables have none.</summary>
    public const string TimeseriesGroup = "timeseries";

    /// <summary>Stands for the time-series tables of an instance where they may not be listed; no table can have this name.</summary>
    public static readonly TableId UnlistedSeries = new(TimeseriesGroup, "*");

    /// <summary>Partition of the slice that holds the attributes of the series of a time-series table.</summary>
    public const string AttributesPartition = "attributes";

    /// <summary>Nanoseconds per version step.</summary>
    public const long NanosPerMilli = 1_000_000;

    /// <summary>Nanoseconds per step of time-series times.</summary>
    public const long NanosPerMicro = 1_000;

    public static readonly ColumnSchema Column = new("$column", ColumnRole.Key, ColumnType.String);
    public static readonly ColumnSchema Version = new("$version", ColumnRole.Time, ColumnType.Timestamp);
    public static readonly ColumnSchema Measurement = new("$measurement", ColumnRole.Key, ColumnType.String);
    public static readonly ColumnSchema Source = new("$source", ColumnRole.Key, ColumnType.String);
    public static readonly ColumnSchema Time = new("$time", ColumnRole.Time, ColumnType.Timestamp);
    public static readonly ColumnSchema Attributes = new("$attributes", ColumnRole.Value, ColumnType.String);

    private const string ValueName = "$value";

    /// <summary>What every time-series table shows.</summary>
    public static readonly IReadOnlyList<ColumnSchema> OfSeries = [Measurement, Source, Time];

    /// <summary>Value columns of wide-column tables.</summary>
    public static readonly IReadOnlyList<ColumnSchema> Values =
    [
        new(ValueName, ColumnRole.Value, ColumnType.Int64),
        new(ValueName, ColumnRole.Value, ColumnType.Float64),
        new(ValueName, ColumnRole.Value, ColumnType.Boolean),
        new(ValueName, ColumnRole.Value, ColumnType.String),
        new(ValueName, ColumnRole.Value, ColumnType.Binary),
    ];

    /// <summary>True for a time-series table.</summary>
    public static bool IsTimeseries(TableId table) => table.Group == TimeseriesGroup;

    /// <summary>The column of a primary key column.</summary>
    public static ColumnSchema OfKey(PrimaryKeySchema key) => new(key.Name!, ColumnRole.Key, key.Type switch
    {
        PrimaryKeyType.Integer => ColumnType.Int64,
        PrimaryKeyType.String => ColumnType.String,
        _ => ColumnType.Binary,
    });

    /// <summary>The primary key column of a column.</summary>
    public static PrimaryKeySchema ToKey(ColumnSchema column) => new()
    {
        Name = column.Name,
        Type = column.Type switch
        {
            ColumnType.Int64 => PrimaryKeyType.Integer,
            ColumnType.String => PrimaryKeyType.String,
            _ => PrimaryKeyType.Binary,
        },
    };

    /// <summary>All columns a wide-column table may show.</summary>
    public static IReadOnlyList<ColumnSchema> OfTable(IEnumerable<PrimaryKeySchema> keys) =>
        [.. keys.Select(OfKey), Column, Version, .. Values];

    /// <summary>The column of a tag; tags that start with a dollar sign get another one.</summary>
    public static ColumnSchema OfTag(string tag) => new(tag.StartsWith('$') ? "$" + tag : tag, ColumnRole.Key, ColumnType.String);

    /// <summary>The tag of a key column; null for the columns that are no tags.</summary>
    public static string? TagOf(ColumnSchema column) =>
        column == Measurement || column == Source ? null
        : column.Name.StartsWith("$$", StringComparison.Ordinal) ? column.Name[1..]
        : column.Name;

    /// <summary>The model's type of a value type.</summary>
    public static ColumnType TypeOf(PlainType type) => type switch
    {
        PlainType.Integer => ColumnType.Int64,
        PlainType.Double => ColumnType.Float64,
        PlainType.Boolean => ColumnType.Boolean,
        PlainType.String => ColumnType.String,
        _ => ColumnType.Binary,
    };

    /// <summary>The value column of a wide-column table for values of a type.</summary>
    public static ColumnSchema OfValue(PlainType type)
    {
        var wanted = TypeOf(type);
        foreach (var column in Values)
        {
            if (column.Type == wanted)
                return column;
        }
        throw new InvalidOperationException($"There is no column for values of type {type}.");
    }

    /// <summary>The value of a slot; the caller has seen that it is there. Bytes are copied.</summary>
    public static PlainValue ValueAt(Column column, int index) => column switch
    {
        FixedColumn<long> c => PlainValue.Of(c.Values[index]),
        FixedColumn<double> c => new PlainValue(PlainType.Double, BitConverter.DoubleToInt64Bits(c.Values[index]), default),
        FixedColumn<bool> c => PlainValue.Of(c.Values[index]),
        BytesColumn c => new PlainValue(c.Schema.Type == ColumnType.String ? PlainType.String : PlainType.Blob, 0, c[index].ToArray()),
        _ => throw new InvalidOperationException(
            $"Column '{column.Schema.Name}' of type {column.Schema.Type} holds no value of this store."),
    };
}
