using System.IO.Compression;

namespace TsBackup.Codec;

/// <summary>A stretch of bytes whose number the reader knows: stored as it is, as one repeated byte, or compressed.</summary>
internal static class ByteStream
{
    private const byte Stored = 0;
    private const byte Repeated = 1;
    private const byte Brotli = 2;
    private const int BrotliWindow = 22;

    public static void Write(BlockWriter writer, ReadOnlySpan<byte> bytes, CodecOptions options)
    {
        if (bytes.IsEmpty)
            return;
        if (bytes.IndexOfAnyExcept(bytes[0]) < 0)
        {
            writer.WriteByte(Repeated);
            writer.WriteByte(bytes[0]);
            return;
        }
        var start = writer.Length;
        writer.WriteByte(Brotli);
        var room = writer.Reserve(4 + bytes.Length)[4..];
        if (bytes.Length >= 32
            && BrotliEncoder.TryCompress(bytes, room, out var written, options.BrotliQuality, BrotliWindow)
            && written + 4 < bytes.Length)
        {
            writer.Patch32(start + 1, (uint)written);
            writer.Truncate(start + 5 + written);
            return;
        }
        writer.Truncate(start);
        writer.WriteByte(Stored);
        writer.Write(bytes);
    }

    public static void Read(ref BlockReader reader, Span<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        var mode = reader.ReadByte();
        switch (mode)
        {
            case Stored:
                reader.Read(bytes.Length).CopyTo(bytes);
                break;
            case Repeated:
                bytes.Fill(reader.ReadByte());
                break;
            case Brotli:
                var length = reader.Read32();
                if (length > int.MaxValue)
                    throw BlockFault.Damaged("a length is out of range");
                if (!BrotliDecoder.TryDecompress(reader.Read((int)length), bytes, out var written) || written != bytes.Length)
                    throw BlockFault.Damaged("compressed data cannot be read");
                break;
            default:
                throw BlockFault.Unknown("byte stream", mode);
        }
    }
}
