namespace TsBackup.Codec;

/// <summary>
/// The type byte in front of a column's values (FORMAT.md, "Blocks and column encodings"). Append-only: a number is never changed and never
/// used again. A new encoding is one number here, one file, one line in <see cref="EncodingTable"/> and one section of FORMAT.md.
/// </summary>
internal enum ColumnEncoding : byte
{
    /// <summary>No values.</summary>
    None = 0,

    /// <summary>One number for all slots.</summary>
    Constant = 1,

    /// <summary>Integers, or the bits of floats as integers, as they are or as differences.</summary>
    Integers = 2,

    /// <summary>Floats that are integers divided by a power of ten.</summary>
    Decimals = 3,

    /// <summary>Numbers as byte planes.</summary>
    Planes = 4,

    /// <summary>Numbers, each XORed with the one before, as byte planes.</summary>
    XorPlanes = 5,

    /// <summary>Few different numbers.</summary>
    Dictionary = 6,

    /// <summary>Numbers that stay the same for many slots.</summary>
    Runs = 7,

    /// <summary>Times that several runs share.</summary>
    Times = 8,

    /// <summary>Booleans.</summary>
    Bits = 9,

    /// <summary>Lengths and bytes of texts.</summary>
    Texts = 16,

    /// <summary>Few different texts.</summary>
    TextDictionary = 17,

    /// <summary>Texts that begin like the one before.</summary>
    FrontCoded = 18,

    /// <summary>Texts that differ in a number only.</summary>
    NumberedTexts = 19,

    /// <summary>One text for all slots.</summary>
    ConstantText = 20,

    /// <summary>Lists of texts.</summary>
    Lists = 24,
}
