using System.Numerics;
using System.Runtime.CompilerServices;

namespace TsBackup.Codec;

/// <summary>
/// Unsigned numbers whose count the reader knows, small ones being likely: one repeated number, packed to one width, tokens with extra
/// bits, or byte planes when patterns repeat.
/// </summary>
internal static class IntegerStream
{
    private const byte Repeated = 0;
    private const byte Packed = 1;
    private const byte CoarseTokens = 2;
    private const byte FineTokens = 3;
    private const byte Planes = 4;
    private const int Shortest = 24;

    public static void Write(BlockWriter writer, ReadOnlySpan<ulong> numbers, CodecOptions options)
    {
        if (numbers.IsEmpty)
            return;
        var (least, most) = NumberBounds.Of(numbers);
        if (least == most)
        {
            writer.WriteByte(Repeated);
            writer.WriteVarint(least);
            return;
        }
        var width = 64 - BitOperations.LeadingZeroCount(most - least);
        if (numbers.Length < Shortest)
        {
            WritePacked(writer, numbers, least, width);
            return;
        }
        var start = writer.Length;
        var milliBits = WriteTokens(writer, numbers, most);
        if (writer.Length - start > BitPacking.Size(numbers.Length, width) + 4)
        {
            writer.Truncate(start);
            WritePacked(writer, numbers, least, width);
        }
        if (PatternProbe.Repeats(numbers, milliBits))
            TryPlanes(writer, numbers, most, start, options);
    }

    [SkipLocalsInit]
    public static void Read(ref BlockReader reader, scoped Span<ulong> numbers)
    {
        if (numbers.IsEmpty)
            return;
        var mode = reader.ReadByte();
        switch (mode)
        {
            case Repeated:
                numbers.Fill(reader.ReadVarint());
                break;
            case Packed:
                var origin = reader.ReadVarint();
                BitPacking.Read(ref reader, numbers, origin, reader.ReadCount(64));
                break;
            case CoarseTokens:
            case FineTokens:
                using (var tokens = new Scratch<byte>(numbers.Length))
                {
                    ByteStream.Read(ref reader, tokens.Span);
                    ExtraBits.Read(ref reader, numbers, tokens.Span, mode == FineTokens ? TokenAlphabet.Fine : TokenAlphabet.Coarse);
                }
                break;
            case Planes:
                var planes = reader.ReadByte();
                if (planes is < 1 or > 8)
                    throw BlockFault.Damaged("a number has no or too many bytes");
                BytePlanes.Read(ref reader, numbers, planes);
                break;
            default:
                throw BlockFault.Unknown("integer stream", mode);
        }
    }

    /// <summary>What an entropy coder would need for these numbers, in bits, table not counted.</summary>
    [SkipLocalsInit]
    public static long Estimate(ReadOnlySpan<ulong> numbers)
    {
        if (numbers.IsEmpty)
            return 0;
        using var tokens = new Scratch<byte>(numbers.Length);
        Span<int> counts = stackalloc int[ByteHistogram.Size];
        TokenAlphabet.Tokenize(numbers, tokens.Span, TokenAlphabet.Coarse);
        ByteHistogram.Count(tokens.Span, counts);
        return (SymbolModel.Estimate(counts, numbers.Length) / SymbolModel.CostUnit) + ExtraBits.Total(counts, TokenAlphabet.Coarse);
    }

    private static void WritePacked(BlockWriter writer, ReadOnlySpan<ulong> numbers, ulong origin, int width)
    {
        writer.WriteByte(Packed);
        writer.WriteVarint(origin);
        writer.WriteByte((byte)width);
        BitPacking.Write(writer, numbers, origin, width);
    }

    /// <returns>Bits per 1000 numbers.</returns>
    [SkipLocalsInit]
    private static long WriteTokens(BlockWriter writer, ReadOnlySpan<ulong> numbers, ulong most)
    {
        var precise = most < TokenAlphabet.FineLimit ? TokenAlphabet.Fine : TokenAlphabet.Coarse;
        writer.WriteByte(precise == TokenAlphabet.Fine ? FineTokens : CoarseTokens);
        using var tokens = new Scratch<byte>(numbers.Length);
        TokenAlphabet.Tokenize(numbers, tokens.Span, precise);
        Span<int> counts = stackalloc int[ByteHistogram.Size];
        ByteHistogram.Count(tokens.Span, counts);
        var extra = ExtraBits.Total(counts, precise);
        var start = writer.Length;
        ByteStream.Write(writer, tokens.Span, counts);
        var bits = ((writer.Length - start) * 8L) + extra;
        ExtraBits.Write(writer, numbers, tokens.Span, precise, extra);
        return bits * 1000 / numbers.Length;
    }

    private static void TryPlanes(BlockWriter writer, ReadOnlySpan<ulong> numbers, ulong most, int start, CodecOptions options)
    {
        var place = writer.Length;
        var planes = (71 - BitOperations.LeadingZeroCount(most | 1)) / 8;
        writer.WriteByte(Planes);
        writer.WriteByte((byte)planes);
        BytePlanes.Write(writer, numbers, planes, options);
        if (writer.Length - place >= place - start)
            writer.Truncate(place);
        else
            writer.Remove(start, place - start);
    }
}
