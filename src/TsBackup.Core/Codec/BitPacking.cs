using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TsBackup.Codec;

/// <summary>Numbers as fields of one width, least significant bit first.</summary>
internal static class BitPacking
{
    /// <summary>Bytes that <paramref name="count"/> fields take.</summary>
    public static int Size(int count, int width) => checked((int)((((long)count * width) + 7) / 8));

    /// <summary>Writes each number less <paramref name="origin"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Write(BlockWriter writer, ReadOnlySpan<ulong> numbers, ulong origin, int width)
    {
        if (width == 0)
            return;
        var place = writer.Length;
        var length = Size(numbers.Length, width);
        ref var target = ref MemoryMarshal.GetReference(writer.Reserve(length + 16));
        ulong pending = 0;
        var filled = 0;
        nint at = 0;
        foreach (var number in numbers)
        {
            var bits = number - origin;
            pending |= bits << filled;
            filled += width;
            if (filled < 64)
                continue;
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at), pending);
            at += 8;
            filled -= 64;
            // A shift by 64 would shift by nothing; two shifts do what is meant.
            pending = bits >> 1 >> (width - filled - 1);
        }
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at), pending);
        writer.Truncate(place + length);
    }

    /// <summary>Reads numbers and adds <paramref name="origin"/> to each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read(ref BlockReader reader, scoped Span<ulong> numbers, ulong origin, int width)
    {
        if (width == 0)
        {
            numbers.Fill(origin);
            return;
        }
        if (((long)numbers.Length * width) + 7 > reader.Remaining * 8L + 7)
            throw BlockFault.Damaged("it ends early");
        var source = reader.Read(Size(numbers.Length, width));
        var mask = width == 64 ? ulong.MaxValue : (1UL << width) - 1;
        long at = 0;
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = (Field(source, at, width) & mask) + origin;
            at += width;
        }
    }

    private static ulong Field(ReadOnlySpan<byte> source, long at, int width)
    {
        var start = (int)(at >> 3);
        var shift = (int)(at & 7);
        if (start + 8 <= source.Length)
        {
            var low = BinaryPrimitives.ReadUInt64LittleEndian(source[start..]) >> shift;
            return width + shift <= 64 ? low : low | ((ulong)source[start + 8] << (64 - shift));
        }
        ulong value = 0;
        for (var i = source.Length - 1; i >= start; i--)
            value = (value << 8) | source[i];
        return value >> shift;
    }
}
