using System.Buffers.Binary;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// Words of 64 bits that hold as many small integers as fit: the top four bits select how many values of how many bits follow, the
/// first value in the lowest bits (Anh and Moffat, "Index compression using 64-bit words", 2010). Selectors 0 and 1 stand for runs of ones.
/// </summary>
internal static class Simple8b
{
    /// <summary>Largest value that can be packed.</summary>
    public const ulong MaxValue = (1UL << 60) - 1;

    private static ReadOnlySpan<byte> Counts => [240, 120, 60, 30, 20, 15, 12, 10, 8, 7, 6, 5, 4, 3, 2, 1];

    private static ReadOnlySpan<byte> Bits => [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 60];

    /// <summary>Number of values in big-endian words.</summary>
    public static int Count(ReadOnlySpan<byte> words)
    {
        var count = 0;
        for (var i = 0; i + 8 <= words.Length; i += 8)
            count += Counts[words[i] >> 4];
        return count;
    }

    /// <summary>Unpacks all words; they must hold just as many values as the target.</summary>
    public static void Decode(ReadOnlySpan<byte> words, Span<ulong> target)
    {
        if ((words.Length & 7) != 0)
            throw new TsmDamage("packed integers end within a word");
        var at = 0;
        for (var i = 0; i < words.Length; i += 8)
        {
            var word = BinaryPrimitives.ReadUInt64BigEndian(words[i..]);
            var selector = (int)(word >> 60);
            int count = Counts[selector];
            if (count > target.Length - at)
                throw new TsmDamage("packed integers hold more values than the block has times");
            var part = target.Slice(at, count);
            at += count;
            if (selector < 2)
                part.Fill(1);
            else
                Unpack(word, Bits[selector], part);
        }
        if (at != target.Length)
            throw new TsmDamage("packed integers hold fewer values than the block has times");
    }

    /// <summary>Packs values; each must be at most <see cref="MaxValue"/>. Returns the bytes used of the target (8 per value suffice).</summary>
    public static int Encode(ReadOnlySpan<ulong> values, Span<byte> target)
    {
        var written = 0;
        while (!values.IsEmpty)
        {
            var selector = SelectorFor(values);
            int count = Counts[selector];
            int bits = Bits[selector];
            var word = (ulong)selector << 60;
            if (bits > 0)
            {
                for (var i = 0; i < count; i++)
                    word |= values[i] << (i * bits);
            }
            BinaryPrimitives.WriteUInt64BigEndian(target[written..], word);
            written += 8;
            values = values[count..];
        }
        return written;
    }

    private static void Unpack(ulong word, int bits, Span<ulong> target)
    {
        var mask = (1UL << bits) - 1;
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = word & mask;
            word >>= bits;
        }
    }

    private static int SelectorFor(ReadOnlySpan<ulong> values)
    {
        var ones = values[..Math.Min(values.Length, 240)].IndexOfAnyExcept(1UL);
        if (ones < 0)
            ones = Math.Min(values.Length, 240);
        if (ones >= 120)
            return ones >= 240 ? 0 : 1;
        // The widest value of a growing stretch decides; the first selector whose stretch fits packs most values. No selector packs
        // more than 60 bits.
        Span<byte> widths = stackalloc byte[60];
        var known = 0;
        var widest = 0;
        while (known < Math.Min(60, values.Length))
        {
            widest = Math.Max(widest, 64 - System.Numerics.BitOperations.LeadingZeroCount(values[known]));
            if (widest * (known + 1) > 60)
                break;
            widths[known++] = (byte)widest;
        }
        for (var selector = 2; selector < 15; selector++)
        {
            if (Counts[selector] <= known && widths[Counts[selector] - 1] <= Bits[selector])
                return selector;
        }
        return 15;
    }
}
