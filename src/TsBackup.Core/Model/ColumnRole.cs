namespace TsBackup.Model;

/// <summary>What a column is for. The numbers are part of the stored format.</summary>
public enum ColumnRole : byte
{
    /// <summary>Part of the identity of a row: tag, dimension, primary key column.</summary>
    Key = 1,

    /// <summary>The time of the row. A table has at most one.</summary>
    Time = 2,

    /// <summary>A measured value.</summary>
    Value = 3,
}
