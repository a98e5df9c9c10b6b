using System.Runtime.CompilerServices;


namespace TsBackup.Codec;

/// <summary>
/// Numbers as planes: the lowest bytes of all numbers, then the next bytes, and so on, each plane a byte stream of its own.
/// </summary>
internal static class BytePlanes
{
    /// <summary>Writes the lowest <paramref name="planes"/> bytes of each number, looking for patterns.</summary>
    public static void Write(BlockWriter writer, ReadOnlySpan<ulong> numbers, int planes, CodecOptions options)
    {
        using var plane = new Scratch<byte>(numbers.Length);
        for (var i = 0; i < planes; i++)
        {
            Cut(numbers, i, plane.Span);
            ByteStream.WritePatterns(writer, plane.Span, options);
        }
    }

    /// <summary>Writes the lowest <paramref name="planes"/> bytes of each number.</summary>
    public static void Write(BlockWriter writer, ReadOnlySpan<ulong> numbers, int planes)
    {
        using var plane = new Scratch<byte>(numbers.Length);
        for (var i = 0; i < planes; i++)
        {
            Cut(numbers, i, plane.Span);
            ByteStream.Write(writer, plane.Span);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read(ref BlockReader reader, scoped Span<ulong> numbers, int planes)
    {
        numbers.Clear();
        using var scratch = new Scratch<byte>(numbers.Length);
        var plane = scratch.Span;
        for (var number = 0; number < planes; number++)
        {
            ByteStream.Read(ref reader, plane);
            var shift = number * 8;
            for (var i = 0; i < plane.Length; i++)
                numbers[i] |= (ulong)plane[i] << shift;
        }
    }

    /// <summary>Takes one plane out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Cut(ReadOnlySpan<ulong> numbers, int number, Span<byte> plane)
    {
        var shift = number * 8;
        for (var i = 0; i < plane.Length; i++)
            plane[i] = (byte)(numbers[i] >> shift);
    }
}
