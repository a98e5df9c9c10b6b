using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TsBackup.Model;
namespace TsBackup.Codec;

/// <summary>Numbers that stay the same for many slots: each once, with the number of slots it lasts.</summary>
internal static class RunsEncoding
{
    public static void Write(BlockWriter writer, in WordColumn column, int count)
    {
        using var lengths = new Scratch<ulong>(count);
        using var distinct = new Scratch<long>(count);
        var values = column.Values;
        var run = 0;
        var start = 0;
        for (var i = 1; i <= values.Length; i++)
        {
            if (i < values.Length && values[i] == values[start])
                continue;
            lengths.Span[run] = (ulong)(i - start - 1);
            distinct.Span[run++] = values[start];
            start = i;
        }
        writer.WriteVarint((ulong)count);
        IntegerStream.Write(writer, lengths.Span, column.Options);
        WordEncoding.Write(writer, column.Nested(distinct.Span));
    }

    public static void Read(ref BlockReader reader, scoped Span<long> values, ColumnType type)
    {
        var count = reader.ReadCount(values.Length);
        using var lengths = new Scratch<ulong>(count);
        using var distinct = new Scratch<long>(count);
        IntegerStream.Read(ref reader, lengths.Span);
        WordEncoding.Read(ref reader, distinct.Span, WordColumn.OneRun, type);
        var at = 0;
        for (var run = 0; run < count; run++)
        {
            var length = lengths.Span[run];
            if (length >= (ulong)(values.Length - at))
                throw BlockFault.Damaged("runs are longer than their column");
            values.Slice(at, (int)length + 1).Fill(distinct.Span[run]);
            at += (int)length + 1;
        }
        if (at != values.Length)
            throw BlockFault.Damaged("runs are shorter than their column");
    }

    /// <summary>Number of runs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Count(ReadOnlySpan<long> values)
    {
        var same = Vector256<long>.Zero;
        ref var value = ref MemoryMarshal.GetReference(values);
        var i = 0;
        for (; i + Vector256<long>.Count < values.Length; i += Vector256<long>.Count)
            same += Vector256.Equals(Vector256.LoadUnsafe(ref value, (nuint)i), Vector256.LoadUnsafe(ref value, (nuint)i + 1));
        var count = 1 + i + (int)Vector256.Sum(same);
        for (; i + 1 < values.Length; i++)
            count += values[i] != values[i + 1] ? 1 : 0;
        return count;
    }
}
