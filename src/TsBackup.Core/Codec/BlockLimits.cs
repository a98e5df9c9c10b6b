namespace TsBackup.Codec;

/// <summary>
/// What a block may hold at most. Writers keep to it and readers refuse more, so that a few hostile bytes cannot ask for much memory.
/// </summary>
public static class BlockLimits
{
    /// <summary>Rows of one block.</summary>
    public const int MaxRows = 1 << 20;

    /// <summary>Columns of one block.</summary>
    public const int MaxColumns = 1 << 14;

    /// <summary>Bytes that the values of one block take in memory.</summary>
    public const long MaxDecodedBytes = 256L << 20;
}
