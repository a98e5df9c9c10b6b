using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace TsBackup.Codec;

/// <summary>Least and greatest number.</summary>
internal static class NumberBounds
{
    /// <summary>Bounds of signed numbers; of none: the greatest and the least number there is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (long Least, long Most) Of(ReadOnlySpan<long> values)
    {
        var (low, high) = (Vector256.Create(long.MaxValue), Vector256.Create(long.MinValue));
        ref var value = ref MemoryMarshal.GetReference(values);
        var i = 0;
        for (; i + Vector256<long>.Count <= values.Length; i += Vector256<long>.Count)
        {
            var next = Vector256.LoadUnsafe(ref value, (nuint)i);
            low = Vector256.Min(low, next);
            high = Vector256.Max(high, next);
        }
        var (least, most) = (long.MaxValue, long.MinValue);
        for (var lane = 0; lane < Vector256<long>.Count; lane++)
        {
            least = Math.Min(least, low[lane]);
            most = Math.Max(most, high[lane]);
        }
        for (; i < values.Length; i++)
        {
            least = Math.Min(least, values[i]);
            most = Math.Max(most, values[i]);
        }
        return (least, most);
    }

    /// <summary>Bounds of unsigned numbers, of which there is one at least.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (ulong Least, ulong Most) Of(ReadOnlySpan<ulong> values)
    {
        var (low, high) = (Vector256.Create(values[0]), Vector256.Create(values[0]));
        ref var value = ref MemoryMarshal.GetReference(values);
        var i = 0;
        for (; i + Vector256<ulong>.Count <= values.Length; i += Vector256<ulong>.Count)
        {
            var next = Vector256.LoadUnsafe(ref value, (nuint)i);
            low = Vector256.Min(low, next);
            high = Vector256.Max(high, next);
        }
        var (least, most) = (values[0], values[0]);
        for (var lane = 0; lane < Vector256<ulong>.Count; lane++)
        {
            least = Math.Min(least, low[lane]);
            most = Math.Max(most, high[lane]);
        }
        for (; i < values.Length; i++)
        {
            least = Math.Min(least, values[i]);
            most = Math.Max(most, values[i]);
        }
        return (least, most);
    }
}
