using System.Numerics;
using System.Runtime.InteropServices;

namespace TsBackup.Codec;

/// <summary>Bits whose number the reader knows: packed, or as lengths of stretches of equal bits.</summary>
internal static class BitSequence
{
    private const byte Packed = 0;
    private const byte StretchesFromZero = 1;
    private const byte StretchesFromOne = 2;
    private const int WorthwhileStretch = 16;

    /// <param name="writer">Target.</param>
    /// <param name="bits">The bits, least significant first; those past the count are zero.</param>
    /// <param name="count">How many.</param>
    /// <param name="options">How hard to try.</param>
    public static void Write(BlockWriter writer, ReadOnlySpan<ulong> bits, int count, CodecOptions options)
    {
        if (count == 0)
            return;
        var changes = Changes(bits, count);
        if (changes > 0 && (long)changes * WorthwhileStretch > count)
        {
            writer.WriteByte(Packed);
            ByteStream.WritePatterns(writer, MemoryMarshal.AsBytes(bits)[..((count + 7) / 8)], options);
            return;
        }
        writer.WriteByte((bits[0] & 1) == 0 ? StretchesFromZero : StretchesFromOne);
        writer.WriteVarint((ulong)changes);
        using var lengths = new Scratch<ulong>(changes);
        var start = 0;
        for (var i = 0; i < changes; i++)
        {
            var end = NextChange(bits, start, count);
            lengths.Span[i] = (ulong)(end - start - 1);
            start = end;
        }
        IntegerStream.Write(writer, lengths.Span, options);
    }

    /// <summary>Reads bits into words that are zero.</summary>
    public static void Read(ref BlockReader reader, scoped Span<ulong> bits, int count)
    {
        if (count == 0)
            return;
        var mode = reader.ReadByte();
        switch (mode)
        {
            case Packed:
                ByteStream.Read(ref reader, MemoryMarshal.AsBytes(bits)[..((count + 7) / 8)]);
                if ((count & 63) != 0 && bits[^1] >> (count & 63) != 0)
                    throw BlockFault.Damaged("a bit after the last one is set");
                break;
            case StretchesFromZero:
            case StretchesFromOne:
                ReadStretches(ref reader, bits, count, mode == StretchesFromOne);
                break;
            default:
                throw BlockFault.Unknown("bit sequence", mode);
        }
    }

    /// <summary>Sets a stretch of bits.</summary>
    public static void Set(Span<ulong> bits, int start, int end)
    {
        while (start < end)
        {
            var bit = start & 63;
            var count = Math.Min(64 - bit, end - start);
            bits[start >> 6] |= (ulong.MaxValue >> (64 - count)) << bit;
            start += count;
        }
    }

    /// <summary>Number of set bits from <paramref name="start"/> up to <paramref name="end"/>.</summary>
    public static int CountSet(ReadOnlySpan<ulong> bits, int start, int end)
    {
        var count = 0;
        while (start < end)
        {
            var bit = start & 63;
            var step = Math.Min(64 - bit, end - start);
            count += BitOperations.PopCount(bits[start >> 6] >> bit << (64 - step));
            start += step;
        }
        return count;
    }

    private static void ReadStretches(ref BlockReader reader, scoped Span<ulong> bits, int count, bool value)
    {
        var changes = reader.ReadCount(count - 1);
        using var lengths = new Scratch<ulong>(changes);
        IntegerStream.Read(ref reader, lengths.Span);
        var start = 0;
        foreach (var length in lengths.Span)
        {
            if (length >= (ulong)(count - start - 1))
                throw BlockFault.Damaged("stretches of bits are longer than their column");
            var end = start + (int)length + 1;
            if (value)
                Set(bits, start, end);
            value = !value;
            start = end;
        }
        if (value)
            Set(bits, start, count);
    }

    private static int Changes(ReadOnlySpan<ulong> bits, int count)
    {
        var changes = 0;
        var previous = bits[0] & 1;
        for (var i = 0; i < bits.Length; i++)
        {
            var word = bits[i];
            var change = word ^ ((word << 1) | previous);
            var used = Math.Min(64, count - (i * 64));
            changes += BitOperations.PopCount(change << (64 - used));
            previous = word >> 63;
        }
        return changes;
    }

    /// <summary>Index of the first bit after <paramref name="start"/> that differs from the one there.</summary>
    private static int NextChange(ReadOnlySpan<ulong> bits, int start, int count)
    {
        var flip = (bits[start >> 6] >> (start & 63) & 1) == 0 ? 0 : ulong.MaxValue;
        var at = start;
        while (at < count)
        {
            var word = (bits[at >> 6] ^ flip) >> (at & 63);
            if (word != 0)
                return Math.Min(count, at + BitOperations.TrailingZeroCount(word));
            at = (at | 63) + 1;
        }
        return count;
    }
}
