using System.Numerics;
using System.Runtime.CompilerServices;

namespace TsBackup.Codec;

/// <summary>
/// How likely each byte of a stream is, in parts of 4096, for the entropy coder. Everything here is integer arithmetic, so that the same
/// bytes lead to the same decisions on every machine.
/// </summary>
internal static class SymbolModel
{
    /// <summary>Bits of precision of a frequency.</summary>
    public const int Bits = 12;

    /// <summary>Sum of all frequencies.</summary>
    public const int Total = 1 << Bits;

    /// <summary>Unit of <see cref="Cost"/>: parts of a bit.</summary>
    public const int CostUnit = 1 << 16;

    private static readonly int[] s_costs = MakeCosts();

    /// <summary>Turns counts into frequencies: every byte that occurs gets at least one part, none gets all.</summary>
    /// <param name="counts">How often each byte occurs; at least two do.</param>
    /// <param name="total">Their sum.</param>
    /// <param name="frequencies">Receives the frequencies.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(ReadOnlySpan<int> counts, int total, Span<int> frequencies)
    {
        var sum = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            var frequency = counts[i] == 0 ? 0 : (int)Math.Max(1, (((long)counts[i] * Total) + (total / 2)) / total);
            frequencies[i] = frequency;
            sum += frequency;
        }
        while (sum != Total)
        {
            var largest = 0;
            for (var i = 1; i < frequencies.Length; i++)
            {
                if (frequencies[i] > frequencies[largest])
                    largest = i;
            }
            var change = sum < Total ? Total - sum : -Math.Min(sum - Total, Math.Max(1, frequencies[largest] / 8));
            frequencies[largest] += change;
            sum += change;
        }
    }

    /// <summary>Bits (in parts of <see cref="CostUnit"/>) that coding these counts with these frequencies takes.</summary>
    public static long Cost(ReadOnlySpan<int> counts, ReadOnlySpan<int> frequencies)
    {
        long cost = 0;
        for (var i = 0; i < counts.Length; i++)
            cost += (long)counts[i] * s_costs[frequencies[i]];
        return cost;
    }

    /// <summary>Bits that coding these counts takes at best, without a table, in parts of <see cref="CostUnit"/>.</summary>
    [SkipLocalsInit]
    public static long Estimate(ReadOnlySpan<int> counts, int total)
    {
        if (counts.IndexOf(total) >= 0)
            return 0;
        Span<int> frequencies = stackalloc int[ByteHistogram.Size];
        Normalize(counts, total, frequencies);
        return Cost(counts, frequencies);
    }

    /// <summary>Writes frequencies: the first byte value, how many values follow it, and their frequencies, gaps shortened.</summary>
    public static void Write(BlockWriter writer, ReadOnlySpan<int> frequencies)
    {
        var first = frequencies.IndexOfAnyExcept(0);
        var last = frequencies.LastIndexOfAnyExcept(0);
        writer.WriteByte((byte)first);
        writer.WriteByte((byte)last);
        for (var i = first; i <= last; i++)
        {
            writer.WriteVarint((ulong)frequencies[i]);
            if (frequencies[i] != 0)
                continue;
            var gap = frequencies[i..].IndexOfAnyExcept(0);
            writer.WriteVarint((ulong)gap - 1);
            i += gap - 1;
        }
    }

    /// <summary>Reads frequencies and checks that they make sense.</summary>
    public static void Read(ref BlockReader reader, scoped Span<int> frequencies)
    {
        frequencies.Clear();
        int first = reader.ReadByte();
        int last = reader.ReadByte();
        var sum = 0;
        for (var i = first; i <= last; i++)
        {
            var frequency = reader.ReadCount(Total - 1);
            frequencies[i] = frequency;
            sum += frequency;
            if (frequency == 0)
                i += reader.ReadCount(last - i);
        }
        if (sum != Total)
            throw BlockFault.Damaged("the frequencies of a stream do not add up");
    }

    private static int[] MakeCosts()
    {
        var costs = new int[Total + 1];
        for (var i = 1; i <= Total; i++)
            costs[i] = (Bits * CostUnit) - Log2((uint)i);
        return costs;
    }

    /// <summary>Logarithm by repeated squaring of the mantissa, in parts of <see cref="CostUnit"/>.</summary>
    private static int Log2(uint value)
    {
        var whole = BitOperations.Log2(value);
        var mantissa = (ulong)value << (31 - whole);
        var result = whole;
        for (var i = 0; i < 16; i++)
        {
            mantissa = (mantissa * mantissa) >> 31;
            var bit = (int)(mantissa >> 32);
            result = (result << 1) | bit;
            mantissa >>= bit;
        }
        return result;
    }
}
