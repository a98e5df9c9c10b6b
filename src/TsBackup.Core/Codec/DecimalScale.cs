using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TsBackup.Model;
namespace TsBackup.Codec;

/// <summary>
/// Floats as integers divided by a power of ten. Only addition, multiplication and division of doubles are used, so that every
/// machine finds the same integers.
/// </summary>
internal static class DecimalScale
{
    /// <summary>Most decimals; powers of ten up to this one are exact as doubles.</summary>
    public const int MaxDecimals = 18;

    /// <summary>Integers have to stay below this, where doubles can still be rounded by adding <see cref="Rounder"/>.</summary>
    private const double Limit = 1L << 51;

    /// <summary>Adding it leaves the integer nearest to a number in the lowest bits of the mantissa.</summary>
    private const double Rounder = 3L << 51;

    private static readonly double[] s_powers =
        [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

    /// <summary>The number of decimals that most words of a sample have; −1 when too few are decimals for that to help.</summary>
    public static int Find(ReadOnlySpan<long> words, ColumnType type)
    {
        var decimals = 0;
        var misses = 0;
        foreach (var word in words)
        {
            var needed = Needed(word, type, decimals);
            if (needed > decimals)
                decimals = needed;
            else if (needed < 0 && ++misses * 8 > words.Length)
                return -1;
        }
        return decimals;
    }

    /// <summary>Scales doubles to integers.</summary>
    /// <returns>How many do not come back exactly; their positions are in <paramref name="exceptions"/>, in ascending order.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Scale64(ReadOnlySpan<long> words, int decimals, Span<long> integers, Span<int> exceptions)
    {
        var power = Vector256.Create(s_powers[decimals]);
        var limit = Vector256.Create(Limit);
        var rounder = Vector256.Create(Rounder);
        ref var word = ref MemoryMarshal.GetReference(words);
        ref var integer = ref MemoryMarshal.GetReference(integers);
        var count = 0;
        var i = 0;
        for (; i + Vector256<long>.Count <= words.Length; i += Vector256<long>.Count)
        {
            var value = Vector256.LoadUnsafe(ref word, (nuint)i).AsDouble();
            var scaled = value * power;
            var shifted = scaled + rounder;
            (shifted.AsInt64() - rounder.AsInt64()).StoreUnsafe(ref integer, (nuint)i);
            var back = (shifted - rounder) / power;
            var good = Vector256.Equals(back.AsInt64(), value.AsInt64()) & Vector256.LessThan(Vector256.Abs(scaled), limit).AsInt64();
            if (good == Vector256<long>.AllBitsSet)
                continue;
            for (var lane = 0; lane < Vector256<long>.Count; lane++)
            {
                if (good[lane] == 0)
                    exceptions[count++] = i + lane;
            }
        }
        for (; i < words.Length; i++)
        {
            if (!TryScale(BitConverter.Int64BitsToDouble(words[i]), decimals, out integers[i])
                || BitConverter.DoubleToInt64Bits(integers[i] / s_powers[decimals]) != words[i])
                exceptions[count++] = i;
        }
        return count;
    }

    /// <summary>Scales 32-bit floats to integers; else as <see cref="Scale64"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Scale32(ReadOnlySpan<long> words, int decimals, Span<long> integers, Span<int> exceptions)
    {
        var count = 0;
        for (var i = 0; i < words.Length; i++)
        {
            if (!TryScale(BitConverter.Int32BitsToSingle((int)words[i]), decimals, out integers[i])
                || Bits32(integers[i], decimals) != words[i])
                exceptions[count++] = i;
        }
        return count;
    }

    /// <summary>Turns integers into the bits of doubles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Restore64(Span<long> values, int decimals)
    {
        var power = s_powers[decimals];
        ref var value = ref MemoryMarshal.GetReference(values);
        var i = 0;
        for (; i + Vector256<long>.Count <= values.Length; i += Vector256<long>.Count)
        {
            var doubles = Vector256.ConvertToDouble(Vector256.LoadUnsafe(ref value, (nuint)i));
            (doubles / Vector256.Create(power)).AsInt64().StoreUnsafe(ref value, (nuint)i);
        }
        for (; i < values.Length; i++)
            values[i] = BitConverter.DoubleToInt64Bits(values[i] / power);
    }

    /// <summary>Turns integers into the bits of 32-bit floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Restore32(Span<long> values, int decimals)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = Bits32(values[i], decimals);
    }

    private static int Needed(long word, ColumnType type, int atLeast)
    {
        var value = type == ColumnType.Float32 ? BitConverter.Int32BitsToSingle((int)word) : BitConverter.Int64BitsToDouble(word);
        for (var decimals = atLeast; decimals <= MaxDecimals; decimals++)
        {
            if (!TryScale(value, decimals, out var integer))
                return -1;
            var same = type == ColumnType.Float32
                ? Bits32(integer, decimals) == word
                : BitConverter.DoubleToInt64Bits(integer / s_powers[decimals]) == word;
            if (same)
                return decimals;
        }
        return -1;
    }

    private static long Bits32(long integer, int decimals) => BitConverter.SingleToUInt32Bits((float)(integer / s_powers[decimals]));

    private static bool TryScale(double value, int decimals, out long integer)
    {
        var scaled = value * s_powers[decimals];
        integer = BitConverter.DoubleToInt64Bits(scaled + Rounder) - BitConverter.DoubleToInt64Bits(Rounder);
        return Math.Abs(scaled) < Limit;
    }
}
