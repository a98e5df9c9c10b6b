using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TsBackup.Codec;

/// <summary>Counts the values of bytes.</summary>
internal static class ByteHistogram
{
    /// <summary>Number of different bytes.</summary>
    public const int Size = 256;

    /// <summary>Sets <paramref name="counts"/> (of <see cref="Size"/>) to how often each byte occurs.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Count(ReadOnlySpan<byte> bytes, Span<int> counts)
    {
        // Four tables, so that a repeated byte does not wait for its own counter to be stored.
        Span<int> tables = stackalloc int[4 * Size];
        tables.Clear();
        ref var table = ref MemoryMarshal.GetReference(tables);
        var at = 0;
        for (; at + 8 <= bytes.Length; at += 8)
        {
            var eight = MemoryMarshal.Read<ulong>(bytes[at..]);
            Unsafe.Add(ref table, (int)(eight & 0xFF))++;
            Unsafe.Add(ref table, Size + (int)((eight >> 8) & 0xFF))++;
            Unsafe.Add(ref table, (2 * Size) + (int)((eight >> 16) & 0xFF))++;
            Unsafe.Add(ref table, (3 * Size) + (int)((eight >> 24) & 0xFF))++;
            Unsafe.Add(ref table, (int)((eight >> 32) & 0xFF))++;
            Unsafe.Add(ref table, Size + (int)((eight >> 40) & 0xFF))++;
            Unsafe.Add(ref table, (2 * Size) + (int)((eight >> 48) & 0xFF))++;
            Unsafe.Add(ref table, (3 * Size) + (int)(eight >> 56))++;
        }
        for (; at < bytes.Length; at++)
            tables[bytes[at]]++;
        for (var i = 0; i < Size; i++)
            counts[i] = tables[i] + tables[Size + i] + tables[(2 * Size) + i] + tables[(3 * Size) + i];
    }
}
