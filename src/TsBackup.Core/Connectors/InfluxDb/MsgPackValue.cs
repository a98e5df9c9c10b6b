namespace TsBackup.Connectors.InfluxDb;

/// <summary>What a token of a msgpack stream is.</summary>
internal enum MsgPackKind : byte
{
    /// <summary>nil.</summary>
    Nil,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>An integer that fits int64.</summary>
    Int64,

    /// <summary>An integer above the range of int64.</summary>
    UInt64,

    /// <summary>A double.</summary>
    Float64,

    /// <summary>A byte string, text or binary.</summary>
    Bytes,

    /// <summary>Head of an array.</summary>
    Array,

    /// <summary>Head of a map.</summary>
    Map,

    /// <summary>An extension, such as a time.</summary>
    Extension,
}

/// <summary>A token of a msgpack stream.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Bits">The integer, the bits of the double, or 0 and 1.</param>
/// <param name="Start">Where the bytes begin in the reader's buffer.</param>
/// <param name="Length">How many bytes, elements or pairs.</param>
internal readonly record struct MsgPackValue(MsgPackKind Kind, long Bits, int Start, int Length);
