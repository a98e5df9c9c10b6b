using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace TsBackup.Codec;

/// <summary>
/// Differences between neighbours (order 1) or differences of those (order 2), modulo 2^64. A chain never crosses the border of a run: the
/// first number of a run is compared with the first of the run before, and at order 2 the first difference of a run with the first
/// difference of the run before.
/// </summary>
internal static class Differences
{
    /// <summary>Splits numbers into the firsts of runs and the rest, both as zigzag differences.</summary>
    public static void Encode(ReadOnlySpan<long> values, ReadOnlySpan<int> starts, int order, Span<ulong> firsts, Span<ulong> rest)
    {
        long first = 0;
        long firstDifference = 0;
        var at = 0;
        for (var run = 0; run < starts.Length; run++)
        {
            var start = starts[run];
            var end = run + 1 < starts.Length ? starts[run + 1] : values.Length;
            firsts[run] = Zigzag.Encode(values[start] - first);
            first = values[start];
            var count = end - start - 1;
            if (count == 0)
                continue;
            var target = rest.Slice(at, count);
            at += count;
            if (order == 1)
            {
                EncodeFirstOrder(values[start..end], target);
                continue;
            }
            var difference = values[start + 1] - first;
            target[0] = Zigzag.Encode(difference - firstDifference);
            firstDifference = difference;
            EncodeSecondOrder(values[start..end], target);
        }
    }

    /// <summary>Rebuilds the numbers.</summary>
    public static void Decode(
        ReadOnlySpan<ulong> firsts, ReadOnlySpan<ulong> rest, ReadOnlySpan<int> starts, int order, Span<long> values)
    {
        long first = 0;
        long firstDifference = 0;
        var at = 0;
        for (var run = 0; run < starts.Length; run++)
        {
            var start = starts[run];
            var end = run + 1 < starts.Length ? starts[run + 1] : values.Length;
            first += Zigzag.Decode(firsts[run]);
            var target = values[start..end];
            target[0] = first;
            if (target.Length == 1)
                continue;
            var source = rest.Slice(at, target.Length - 1);
            at += source.Length;
            if (order == 1)
                DecodeFirstOrder(source, target);
            else
                DecodeSecondOrder(source, target, ref firstDifference);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EncodeFirstOrder(ReadOnlySpan<long> values, Span<ulong> target)
    {
        ref var value = ref MemoryMarshal.GetReference(values);
        ref var result = ref MemoryMarshal.GetReference(target);
        var i = 0;
        for (; i + Vector256<long>.Count <= target.Length; i += Vector256<long>.Count)
        {
            var difference = Vector256.LoadUnsafe(ref value, (nuint)i + 1) - Vector256.LoadUnsafe(ref value, (nuint)i);
            Fold(difference).StoreUnsafe(ref result, (nuint)i);
        }
        for (; i < target.Length; i++)
            target[i] = Zigzag.Encode(values[i + 1] - values[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EncodeSecondOrder(ReadOnlySpan<long> values, Span<ulong> target)
    {
        ref var value = ref MemoryMarshal.GetReference(values);
        ref var result = ref MemoryMarshal.GetReference(target);
        var i = 1;
        for (; i + Vector256<long>.Count <= target.Length; i += Vector256<long>.Count)
        {
            var middle = Vector256.LoadUnsafe(ref value, (nuint)i);
            var difference = Vector256
                .LoadUnsafe(ref value, (nuint)i + 1) - middle - (middle - Vector256.LoadUnsafe(ref value, (nuint)i - 1));
            Fold(difference).StoreUnsafe(ref result, (nuint)i);
        }
        for (; i < target.Length; i++)
            target[i] = Zigzag.Encode(values[i + 1] - values[i] - (values[i] - values[i - 1]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Fold(Vector256<long> value) =>
        ((value << 1) ^ Vector256.LessThan(value, Vector256<long>.Zero)).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DecodeFirstOrder(ReadOnlySpan<ulong> source, Span<long> target)
    {
        var value = target[0];
        ref var result = ref Unsafe.Add(ref MemoryMarshal.GetReference(target), 1);
        for (var i = 0; i < source.Length; i++)
        {
            value += Zigzag.Decode(source[i]);
            Unsafe.Add(ref result, i) = value;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DecodeSecondOrder(ReadOnlySpan<ulong> source, Span<long> target, ref long firstDifference)
    {
        var value = target[0];
        firstDifference += Zigzag.Decode(source[0]);
        var difference = firstDifference;
        value += difference;
        target[1] = value;
        for (var i = 1; i < source.Length; i++)
        {
            difference += Zigzag.Decode(source[i]);
            value += difference;
            target[i + 1] = value;
        }
    }
}
