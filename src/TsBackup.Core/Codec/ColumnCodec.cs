using System.Runtime.InteropServices;
using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>Writes and reads the values of one column whose validity is known: present values only, without gaps.</summary>
internal static class ColumnCodec
{
    public static void Write(BlockWriter writer, Column column, ReadOnlySpan<int> starts, CodecOptions options)
    {
        switch (column)
        {
            case FixedColumn<long> c:
                WriteWords(writer, c, c.Values, starts, options);
                break;
            case FixedColumn<ulong> c:
                WriteWords(writer, c, MemoryMarshal.Cast<ulong, long>(c.Values), starts, options);
                break;
            case FixedColumn<double> c:
                WriteWords(writer, c, MemoryMarshal.Cast<double, long>(c.Values), starts, options);
                break;
            case FixedColumn<float> c:
                using (var words = new Scratch<long>(c.Count))
                {
                    for (var i = 0; i < c.Count; i++)
                        words.Span[i] = BitConverter.SingleToUInt32Bits(c.Values[i]);
                    WriteWords(writer, c, words.Span, starts, options);
                }
                break;
            case FixedColumn<bool> c:
                WriteBooleans(writer, c, options);
                break;
            case BytesColumn c:
                WriteTexts(writer, c, options);
                break;
            case ListColumn c:
                WriteLists(writer, c, options);
                break;
        }
    }

    /// <summary>Appends <paramref name="count"/> present values to an empty column.</summary>
    public static void Read(ref BlockReader reader, Column column, int count, scoped ReadOnlySpan<int> starts)
    {
        switch (column)
        {
            case FixedColumn<long> c:
                WordEncoding.Read(ref reader, c.Reserve(count), starts, c.Schema.Type);
                break;
            case FixedColumn<ulong> c:
                WordEncoding.Read(ref reader, MemoryMarshal.Cast<ulong, long>(c.Reserve(count)), starts, c.Schema.Type);
                break;
            case FixedColumn<double> c:
                WordEncoding.Read(ref reader, MemoryMarshal.Cast<double, long>(c.Reserve(count)), starts, c.Schema.Type);
                break;
            case FixedColumn<float> c:
                ReadFloats(ref reader, c, count, starts);
                break;
            case FixedColumn<bool> c:
                ReadBooleans(ref reader, c, count);
                break;
            case BytesColumn c:
                TextEncoding.Read(ref reader, count, c);
                break;
            case ListColumn c:
                ReadLists(ref reader, c, count);
                break;
        }
    }

    private static void WriteWords(
        BlockWriter writer, Column column, ReadOnlySpan<long> slots, ReadOnlySpan<int> starts, CodecOptions options)
    {
        using var present = new Scratch<long>(column.NullCount == 0 ? 0 : column.Count - column.NullCount);
        if (column.NullCount != 0)
        {
            Gather(slots, column.Validity, present.Span);
            slots = present.Span;
        }
        var words = new WordColumn(slots, starts, column.Schema.Type, options);
        if (column.Schema.Role == ColumnRole.Time && starts.Length > 1)
            TimesEncoding.Write(writer, words);
        else
            WordEncoding.Write(writer, words);
    }

    private static void ReadFloats(ref BlockReader reader, FixedColumn<float> column, int count, scoped ReadOnlySpan<int> starts)
    {
        using var words = new Scratch<long>(count);
        WordEncoding.Read(ref reader, words.Span, starts, column.Schema.Type);
        var values = column.Reserve(count);
        for (var i = 0; i < count; i++)
        {
            if ((ulong)words.Span[i] > uint.MaxValue)
                throw BlockFault.Damaged("a number is too large for its type");
            values[i] = BitConverter.UInt32BitsToSingle((uint)words.Span[i]);
        }
    }

    private static void WriteBooleans(BlockWriter writer, FixedColumn<bool> column, CodecOptions options)
    {
        writer.WriteByte((byte)ColumnEncoding.Bits);
        using var scratch = new Scratch<ulong>((column.Count + 63) >> 6);
        var bits = scratch.Span;
        bits.Clear();
        var count = 0;
        for (var i = 0; i < column.Count; i++)
        {
            if (!column.IsValid(i))
                continue;
            bits[count >> 6] |= (column.Values[i] ? 1UL : 0) << (count & 63);
            count++;
        }
        BitSequence.Write(writer, bits[..((count + 63) >> 6)], count, options);
    }

    private static void ReadBooleans(ref BlockReader reader, FixedColumn<bool> column, int count)
    {
        var encoding = reader.ReadByte();
        if (encoding != (byte)ColumnEncoding.Bits)
            throw BlockFault.Unknown("encoding", encoding);
        using var scratch = new Scratch<ulong>((count + 63) >> 6);
        var bits = scratch.Span;
        bits.Clear();
        BitSequence.Read(ref reader, bits, count);
        var values = column.Reserve(count);
        for (var i = 0; i < count; i++)
            values[i] = (bits[i >> 6] >> (i & 63) & 1) != 0;
    }

    private static void WriteTexts(BlockWriter writer, BytesColumn column, CodecOptions options)
    {
        using var present = new Scratch<int>(column.NullCount == 0 ? 0 : column.Count - column.NullCount);
        var ends = column.Ends;
        if (column.NullCount != 0)
        {
            Gather(ends, column.Validity, present.Span);
            ends = present.Span;
        }
        TextEncoding.Write(writer, new TextColumn(ends, column.Data, options));
    }

    private static void WriteLists(BlockWriter writer, ListColumn column, CodecOptions options)
    {
        writer.WriteByte((byte)ColumnEncoding.Lists);
        using var counts = new Scratch<long>(column.Count - column.NullCount);
        var at = 0;
        for (var i = 0; i < column.Count; i++)
        {
            if (column.IsValid(i))
                counts.Span[at++] = column.Ends[i] - column.StartOf(i);
        }
        IntegersEncoding.Write(writer, counts.Span, WordColumn.OneRun, options);
        Validity.Write(writer, column.Items, options);
        Write(writer, column.Items, WordColumn.OneRun, options);
    }

    private static void ReadLists(ref BlockReader reader, ListColumn column, int count)
    {
        var encoding = reader.ReadByte();
        if (encoding != (byte)ColumnEncoding.Lists)
            throw BlockFault.Unknown("encoding", encoding);
        using var counts = new Scratch<long>(count);
        using var ends = new Scratch<int>(count);
        IntegersEncoding.Read(ref reader, counts.Span, WordColumn.OneRun);
        TextsEncoding.Sum(ref reader, counts.Span, ends.Span);
        var items = count == 0 ? 0 : ends.Span[^1];
        reader.Charge(items * 4L);
        column.Load(ends.Span);
        using var validity = new Scratch<ulong>((items + 63) >> 6);
        var present = Validity.Read(ref reader, items, validity.Span);
        Read(ref reader, column.Items, present, WordColumn.OneRun);
        column.Items.Spread(items, validity.Span);
    }

    private static void Gather<T>(ReadOnlySpan<T> slots, ReadOnlySpan<ulong> validity, Span<T> present)
        where T : unmanaged
    {
        var count = 0;
        for (var i = 0; i < validity.Length; i++)
        {
            for (var word = validity[i]; word != 0; word &= word - 1)
                present[count++] = slots[(i * 64) + System.Numerics.BitOperations.TrailingZeroCount(word)];
        }
    }
}
