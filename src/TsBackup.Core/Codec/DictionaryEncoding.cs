using System.Runtime.CompilerServices;
using TsBackup.Model;
namespace TsBackup.Codec;

/// <summary>Few different numbers in no useful order: a list of them, in order of first appearance, and a code per slot.</summary>
internal static class DictionaryEncoding
{
    /// <summary>Most entries.</summary>
    public const int MaxEntries = 4096;

    /// <summary>Most different numbers of a sample with which a dictionary is worth considering.</summary>
    private const int MaxSampled = 256;

    /// <summary>Writes the column unless it has too many different numbers.</summary>
    /// <returns>False when nothing was written.</returns>
    public static bool TryWrite(BlockWriter writer, in WordColumn column)
    {
        using var codes = new Scratch<long>(column.Values.Length);
        using var entries = new Scratch<long>(MaxEntries);
        var count = Assign(column.Values, codes.Span, entries.Span);
        if (count < 0)
            return false;
        writer.WriteByte((byte)ColumnEncoding.Dictionary);
        writer.WriteVarint((ulong)count);
        WordEncoding.Write(writer, column.Nested(entries.Span[..count]));
        IntegersEncoding.Write(writer, codes.Span, column.Starts, column.Options);
        return true;
    }

    public static void Read(ref BlockReader reader, scoped Span<long> values, scoped ReadOnlySpan<int> starts, ColumnType type)
    {
        var count = reader.ReadCount(Math.Min(values.Length, MaxEntries));
        using var entries = new Scratch<long>(count);
        WordEncoding.Read(ref reader, entries.Span, WordColumn.OneRun, type);
        IntegersEncoding.Read(ref reader, values, starts);
        var list = entries.Span;
        foreach (ref var value in values)
        {
            if ((ulong)value >= (ulong)list.Length)
                throw BlockFault.Damaged("a code is not in its dictionary");
            value = list[(int)value];
        }
    }

    /// <summary>Bits that a sample takes as codes, the list included; <see cref="long.MaxValue"/> when it is too varied.</summary>
    public static long Estimate(ReadOnlySpan<long> sample)
    {
        using var codes = new Scratch<long>(sample.Length);
        Span<long> entries = stackalloc long[MaxSampled];
        var count = Assign(sample, codes.Span, entries);
        if (count < 0 || count * 4 > sample.Length)
            return long.MaxValue;
        Span<int> counts = stackalloc int[ByteHistogram.Size];
        counts.Clear();
        foreach (var code in codes.Span)
            counts[(int)code]++;
        return (SymbolModel.Estimate(counts, sample.Length) / SymbolModel.CostUnit) + (count * 32);
    }

    /// <returns>Number of different numbers; −1 when there are more than entries.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Assign(ReadOnlySpan<long> values, Span<long> codes, Span<long> entries)
    {
        const int tableBits = 14;
        using var scratch = new Scratch<short>(1 << tableBits);
        var table = scratch.Span;
        table.Fill(-1);
        var count = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            var slot = (int)((ulong)(value ^ (value >>> 32)) * 0x9E3779B97F4A7C15 >> (64 - tableBits));
            while (table[slot] >= 0 && entries[table[slot]] != value)
                slot = (slot + 1) & ((1 << tableBits) - 1);
            if (table[slot] < 0)
            {
                if (count == entries.Length)
                    return -1;
                table[slot] = (short)count;
                entries[count++] = value;
            }
            codes[i] = table[slot];
        }
        return count;
    }
}
