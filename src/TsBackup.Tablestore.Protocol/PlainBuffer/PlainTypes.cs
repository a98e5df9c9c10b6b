namespace TsBackup.Tablestore.Protocol.PlainBuffer;

#pragma warning disable CS1591 // The names are the protocol's own.

/// <summary>Tags of a PlainBuffer.</summary>
internal static class PlainTag
{
    public const uint Header = 0x75;
    public const byte Keys = 0x01;
    public const byte Cells = 0x02;
    public const byte Cell = 0x03;
    public const byte CellName = 0x04;
    public const byte CellValue = 0x05;
    public const byte CellOperation = 0x06;
    public const byte CellVersion = 0x07;
    public const byte DeleteMarker = 0x08;
    public const byte RowChecksum = 0x09;
    public const byte CellChecksum = 0x0A;
    public const byte Extension = 0x0B;
}

/// <summary>Types of values.</summary>
internal enum PlainType : byte
{
    Integer = 0x00,
    Double = 0x01,
    Boolean = 0x02,
    String = 0x03,
    Blob = 0x07,

    /// <summary>Below every value; only in bounds of ranges.</summary>
    Minimum = 0x09,

    /// <summary>Above every value; only in bounds of ranges.</summary>
    Maximum = 0x0A,

    /// <summary>The place of a key that the service is to make.</summary>
    AutoIncrement = 0x0B,

    /// <summary>Our mark of a cell without a value (deletes of versions); never on the wire.</summary>
    None = 0xFF,
}

/// <summary>What a cell of a row change does.</summary>
internal enum CellOperation : byte
{
    Put = 0,
    DeleteAllVersions = 1,
    DeleteOneVersion = 3,
    Increment = 4,
}
