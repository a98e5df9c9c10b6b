using System.Numerics;
using System.Runtime.CompilerServices;
namespace TsBackup.Codec;

/// <summary>Finds that all numbers lie a multiple of some number apart (times in whole seconds, amounts in whole thousands).</summary>
internal static class Stride
{
    /// <summary>The greatest common divisor of the distances of the numbers from the first; 0 when all are equal.</summary>
    public static ulong Find(ReadOnlySpan<long> values)
    {
        ulong divisor = 0;
        foreach (var value in values)
        {
            var distance = value >= values[0] ? (ulong)value - (ulong)values[0] : (ulong)values[0] - (ulong)value;
            while (distance != 0)
                (divisor, distance) = (distance, divisor % distance);
            if (divisor == 1)
                break;
        }
        return divisor;
    }

    /// <summary>Divides the distances from <paramref name="origin"/>; false when one is no multiple of the divisor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryDivide(ReadOnlySpan<long> values, long origin, ulong divisor, Span<long> quotients)
    {
        // Exact division by multiplying with the inverse modulo 2^64 of the odd part; products beyond the limit show a remainder.
        var twos = BitOperations.TrailingZeroCount(divisor);
        var odd = divisor >> twos;
        var inverse = odd;
        for (var i = 0; i < 5; i++)
            inverse *= 2 - (odd * inverse);
        var limit = ulong.MaxValue / odd;
        var low = (1UL << twos) - 1;
        for (var i = 0; i < values.Length; i++)
        {
            var distance = (ulong)values[i] - (ulong)origin;
            var quotient = (distance >> twos) * inverse;
            if (quotient > limit || (distance & low) != 0)
                return false;
            quotients[i] = (long)quotient;
        }
        return true;
    }

    /// <summary>Turns quotients back into numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(Span<long> values, long origin, ulong divisor)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = origin + (values[i] * (long)divisor);
    }
}
