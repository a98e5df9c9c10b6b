namespace TsBackup.Codec;

/// <summary>
/// The type byte in front of a column's values (FORMAT.md, "Blocks and column encodings"). Append-only: a number is never changed and never used again.
/// </summary>
internal enum ColumnEncoding : byte
{
    /// <summary>No values.</summary>
    None = 0,

    /// <summary>Fixed-size values as they are.</summary>
    Raw = 1,

    /// <summary>Lengths and bytes of texts.</summary>
    Text = 2,

    /// <summary>Lists of texts.</summary>
    List = 3,
}
