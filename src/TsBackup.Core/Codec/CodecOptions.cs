namespace TsBackup.Codec;

/// <summary>How hard the codec tries. Any block can be read whatever options it was written with.</summary>
public sealed record CodecOptions
{
    /// <summary>What backups use unless told otherwise; chosen by measurement.</summary>
    public static readonly CodecOptions Default = new();

    /// <summary>
    /// Brotli quality (0 to 11) for the parts that go through the general compressor: texts, binary data and repetitive patterns.
    /// </summary>
    public int BrotliQuality { get; init; } = 2;
}
