using System.Runtime.CompilerServices;

namespace TsBackup.Codec;

/// <summary>
/// Stretches of a column on which the choice of an encoding rests, so that choosing costs little however long the column is.
/// </summary>
internal static class NumberSample
{
    /// <summary>Most numbers of a sample.</summary>
    public const int Size = 2048;

    private const int Stretches = 4;

    /// <summary>Takes evenly spread stretches.</summary>
    /// <returns>How many numbers were taken.</returns>
    public static int Take(ReadOnlySpan<long> values, Span<long> sample)
    {
        if (values.Length <= Size)
        {
            values.CopyTo(sample);
            return values.Length;
        }
        const int length = Size / Stretches;
        for (var i = 0; i < Stretches; i++)
            values.Slice(StretchStart(values.Length, i), length).CopyTo(sample[(i * length)..]);
        return Size;
    }

    /// <summary>Bits that the numbers of a sample take as they are, as differences and as differences of differences.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (long Plain, long First, long Second) Estimate(ReadOnlySpan<long> values, ReadOnlySpan<int> starts)
    {
        using var scratch = new Scratch<ulong>(3 * Size);
        var plain = scratch.Span[..Size];
        var first = scratch.Span.Slice(Size, Size);
        var second = scratch.Span[(2 * Size)..];
        var stretches = values.Length <= Size ? 1 : Stretches;
        var length = Math.Min(values.Length, Size) / stretches;
        var (count, least) = (0, long.MaxValue);
        for (var i = 0; i < stretches; i++)
        {
            var begin = stretches == 1 ? 0 : StretchStart(values.Length, i);
            var run = starts.BinarySearch(begin + 1);
            run = run < 0 ? ~run : run;
            long difference = 0;
            for (var at = begin + 1; at < begin + length; at++)
            {
                if (run < starts.Length && starts[run] == at)
                {
                    run++;
                    continue;
                }
                var value = values[at];
                var next = value - values[at - 1];
                plain[count] = (ulong)value;
                first[count] = Zigzag.Encode(next);
                second[count++] = Zigzag.Encode(next - difference);
                difference = next;
                least = Math.Min(least, value);
            }
        }
        for (var i = 0; i < count; i++)
            plain[i] -= (ulong)least;
        return (IntegerStream.Estimate(plain[..count]), IntegerStream.Estimate(first[..count]), IntegerStream.Estimate(second[..count]));
    }

    private static int StretchStart(int length, int stretch) => (int)((long)(length - (Size / Stretches)) * stretch / (Stretches - 1));
}
