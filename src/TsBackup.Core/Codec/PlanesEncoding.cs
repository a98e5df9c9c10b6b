using System.Numerics;
using System.Runtime.InteropServices;

namespace TsBackup.Codec;

/// <summary>Numbers without arithmetic order, as byte planes: as they are, or each XORed with the one before.</summary>
internal static class PlanesEncoding
{
    public static void Write(BlockWriter writer, in WordColumn column, bool xor)
    {
        var words = MemoryMarshal.Cast<long, ulong>(column.Values);
        using var differences = new Scratch<ulong>(xor ? words.Length : 0);
        if (xor)
        {
            Difference(words, differences.Span);
            words = differences.Span;
        }
        ulong all = 0;
        foreach (var word in words)
            all |= word;
        var planes = (71 - BitOperations.LeadingZeroCount(all | 1)) / 8;
        writer.WriteByte((byte)planes);
        if (PatternProbe.Repeats(words, planes * 8000))
            BytePlanes.Write(writer, words, planes, column.Options);
        else
            BytePlanes.Write(writer, words, planes);
    }

    public static void Read(ref BlockReader reader, scoped Span<long> values, bool xor)
    {
        var planes = reader.ReadByte();
        if (planes is < 1 or > 8)
            throw BlockFault.Damaged("a number has no or too many bytes");
        BytePlanes.Read(ref reader, MemoryMarshal.Cast<long, ulong>(values), planes);
        if (!xor)
            return;
        for (var i = 1; i < values.Length; i++)
            values[i] ^= values[i - 1];
    }

    /// <summary>Bits that a sample takes as planes.</summary>
    public static long Estimate(ReadOnlySpan<long> sample, bool xor)
    {
        var words = MemoryMarshal.Cast<long, ulong>(sample);
        using var differences = new Scratch<ulong>(words.Length);
        using var plane = new Scratch<byte>(words.Length);
        Span<int> counts = stackalloc int[ByteHistogram.Size];
        if (xor)
        {
            Difference(words, differences.Span);
            words = differences.Span;
        }
        long bits = 0;
        for (var i = 0; i < 8; i++)
        {
            BytePlanes.Cut(words, i, plane.Span);
            ByteHistogram.Count(plane.Span, counts);
            bits += Math.Min(SymbolModel.Estimate(counts, plane.Span.Length) / SymbolModel.CostUnit, words.Length * 8L);
        }
        return bits;
    }

    private static void Difference(ReadOnlySpan<ulong> words, Span<ulong> differences)
    {
        ulong previous = 0;
        for (var i = 0; i < words.Length; i++)
        {
            differences[i] = words[i] ^ previous;
            previous = words[i];
        }
    }
}
