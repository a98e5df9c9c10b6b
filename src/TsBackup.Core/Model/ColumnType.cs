namespace TsBackup.Model;

/// <summary>
/// The type of a column's values. The numbers are part of the digest and of the stored format: never change or reuse one.
/// </summary>
public enum ColumnType : byte
{
    /// <summary>64-bit signed count of nanoseconds since 1970-01-01T00:00:00Z; the full range is valid.</summary>
    Timestamp = 1,

    /// <summary>64-bit signed integer.</summary>
    Int64 = 2,

    /// <summary>64-bit unsigned integer.</summary>
    UInt64 = 3,

    /// <summary>IEEE 754 double; every bit counts, NaN payloads and -0.0 included.</summary>
    Float64 = 4,

    /// <summary>IEEE 754 single; every bit counts.</summary>
    Float32 = 5,

    /// <summary>True or false.</summary>
    Boolean = 6,

    /// <summary>Text, held as the UTF-8 bytes the store gave, valid or not.</summary>
    String = 7,

    /// <summary>Bytes.</summary>
    Binary = 8,

    /// <summary>An ordered list of texts (a multi-value dimension); the empty list is not null.</summary>
    StringList = 9,
}
