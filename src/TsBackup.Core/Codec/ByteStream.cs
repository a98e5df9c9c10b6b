using System.IO.Compression;
using System.Runtime.CompilerServices;

namespace TsBackup.Codec;

/// <summary>
/// A stretch of bytes whose number the reader knows: stored as it is, as one repeated byte, entropy-coded byte by byte, or through Brotli.
/// </summary>
internal static class ByteStream
{
    private const byte Stored = 0;
    private const byte Repeated = 1;
    private const byte Brotli = 2;
    private const byte FewLanes = 3;
    private const byte ManyLanes = 4;
    private const int BrotliWindow = 22;
    private const int Shortest = 16;
    private const int LongStream = 2048;

    /// <summary>Writes numbers in disguise: patterns are not looked for.</summary>
    [SkipLocalsInit]
    public static void Write(BlockWriter writer, ReadOnlySpan<byte> bytes)
    {
        Span<int> counts = stackalloc int[ByteHistogram.Size];
        ByteHistogram.Count(bytes, counts);
        Write(writer, bytes, counts);
    }

    /// <summary>Writes bytes that have been counted.</summary>
    [SkipLocalsInit]
    public static void Write(BlockWriter writer, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> counts)
    {
        if (WriteTrivial(writer, bytes))
            return;
        Span<int> frequencies = stackalloc int[ByteHistogram.Size];
        SymbolModel.Normalize(counts, bytes.Length, frequencies);
        var payload = SymbolModel.Cost(counts, frequencies) / (8 * SymbolModel.CostUnit);
        var lanes = payload >= LongStream ? RansEncoder.ManyLanes : RansEncoder.FewLanes;
        var start = writer.Length;
        if (payload < bytes.Length)
        {
            writer.WriteByte(lanes == RansEncoder.ManyLanes ? ManyLanes : FewLanes);
            RansEncoder.Write(writer, bytes, frequencies, lanes);
            if (writer.Length - start <= bytes.Length)
                return;
            writer.Truncate(start);
        }
        writer.WriteByte(Stored);
        writer.Write(bytes);
    }

    /// <summary>Writes bytes that may hold repeated patterns, such as text: the best of all ways.</summary>
    public static void WritePatterns(BlockWriter writer, ReadOnlySpan<byte> bytes, CodecOptions options)
    {
        if (WriteTrivial(writer, bytes))
            return;
        using var room = new Scratch<byte>(bytes.Length);
        var compressed = BrotliEncoder.TryCompress(bytes, room.Span, out var written, options.BrotliQuality, BrotliWindow);
        var start = writer.Length;
        Write(writer, bytes);
        if (!compressed || written + 5 >= writer.Length - start)
            return;
        writer.Truncate(start);
        writer.WriteByte(Brotli);
        writer.WriteVarint((ulong)written);
        writer.Write(room.Span[..written]);
    }

    public static void Read(ref BlockReader reader, scoped Span<byte> bytes)
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
                var length = reader.ReadCount(reader.Remaining);
                if (!BrotliDecoder.TryDecompress(reader.Read(length), bytes, out var written) || written != bytes.Length)
                    throw BlockFault.Damaged("compressed data cannot be read");
                break;
            case FewLanes:
                RansDecoder.Read(ref reader, bytes, RansEncoder.FewLanes);
                break;
            case ManyLanes:
                RansDecoder.Read(ref reader, bytes, RansEncoder.ManyLanes);
                break;
            default:
                throw BlockFault.Unknown("byte stream", mode);
        }
    }

    private static bool WriteTrivial(BlockWriter writer, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return true;
        if (bytes.Length > 1 && bytes.IndexOfAnyExcept(bytes[0]) < 0)
        {
            writer.WriteByte(Repeated);
            writer.WriteByte(bytes[0]);
            return true;
        }
        if (bytes.Length >= Shortest)
            return false;
        writer.WriteByte(Stored);
        writer.Write(bytes);
        return true;
    }
}
