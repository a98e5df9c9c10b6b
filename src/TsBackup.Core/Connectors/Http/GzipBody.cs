using System.IO.Compression;

namespace TsBackup.Connectors.Http;

/// <summary>Packs request bodies.</summary>
internal static class GzipBody
{
    /// <summary>Packs bytes as gzip.</summary>
    public static byte[] Pack(ReadOnlySpan<byte> data, CompressionLevel level = CompressionLevel.Fastest)
    {
        using var packed = new MemoryStream((data.Length / 4) + 64);
        using (var gzip = new GZipStream(packed, level, leaveOpen: true))
            gzip.Write(data);
        return packed.ToArray();
    }
}
