using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>The type byte of a TSM block and of an index entry.</summary>
internal enum TsmType : byte
{
    Float = 0,
    Integer = 1,
    Boolean = 2,
    String = 3,
    Unsigned = 4,
}

/// <summary>What the types of the file format are in the data model.</summary>
internal static class TsmTypes
{
    public static ColumnType ToColumnType(this TsmType type) => type switch
    {
        TsmType.Float => ColumnType.Float64,
        TsmType.Integer => ColumnType.Int64,
        TsmType.Unsigned => ColumnType.UInt64,
        TsmType.Boolean => ColumnType.Boolean,
        TsmType.String => ColumnType.String,
        _ => throw new TsmDamage($"unknown block type {(byte)type}"),
    };

    /// <summary>The type that holds a column's values; null when the store has none.</summary>
    public static TsmType? FromColumnType(ColumnType type) => type switch
    {
        ColumnType.Float64 => TsmType.Float,
        ColumnType.Int64 => TsmType.Integer,
        ColumnType.UInt64 => TsmType.Unsigned,
        ColumnType.Boolean => TsmType.Boolean,
        ColumnType.String => TsmType.String,
        _ => null,
    };
}
