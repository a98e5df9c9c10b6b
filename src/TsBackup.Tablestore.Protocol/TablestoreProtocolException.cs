namespace TsBackup.Tablestore.Protocol;

/// <summary>What is wrong with bytes that claim to be Tablestore's protocol.</summary>
internal enum ProtocolFault
{
    /// <summary>The bytes break the grammar: a length beyond the end, a wrong tag, a missing field.</summary>
    Malformed,

    /// <summary>A checksum (CRC8 of a cell or row, CRC32C, MD5) does not match.</summary>
    Checksum,

    /// <summary>A reply lacks a header that it must carry.</summary>
    HeaderMissing,

    /// <summary>A reply is dated more than fifteen minutes away from this machine's clock.</summary>
    ClockSkew,

    /// <summary>A reply is signed for another access key, or not with our secret.</summary>
    Signature,
}

/// <summary>
/// The only exception of this assembly. It does not leave the connector, which turns it into the product's own error.
/// </summary>
internal sealed class TablestoreProtocolException(ProtocolFault fault, string message) : Exception(message)
{
    /// <summary>The kind of defect.</summary>
    public ProtocolFault Fault { get; } = fault;

    /// <summary>An error about the grammar.</summary>
    public static TablestoreProtocolException Malformed(string message) => new(ProtocolFault.Malformed, message);
}
