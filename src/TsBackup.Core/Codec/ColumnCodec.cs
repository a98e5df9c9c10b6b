using System.Runtime.InteropServices;
using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>Writes and reads one column: which slots are present, then the values.</summary>
internal static class ColumnCodec
{
    public static void Write(BlockWriter writer, Column column, CodecOptions options)
    {
        writer.WriteByte(column.NullCount == 0 ? (byte)0 : (byte)1);
        ByteStream.Write(writer, MemoryMarshal.AsBytes(column.Validity), options);
        switch (column)
        {
            case FixedColumn<long> c:
                WriteRaw(writer, c.Values, options);
                break;
            case FixedColumn<ulong> c:
                WriteRaw(writer, c.Values, options);
                break;
            case FixedColumn<double> c:
                WriteRaw(writer, c.Values, options);
                break;
            case FixedColumn<float> c:
                WriteRaw(writer, c.Values, options);
                break;
            case FixedColumn<bool> c:
                WriteRaw(writer, c.Values, options);
                break;
            case BytesColumn c:
                writer.WriteByte((byte)ColumnEncoding.Text);
                WriteText(writer, c, options);
                break;
            case ListColumn c:
                writer.WriteByte((byte)ColumnEncoding.List);
                writer.WriteVarint((ulong)c.Items.Count);
                ByteStream.Write(writer, MemoryMarshal.AsBytes(c.Ends), options);
                Write(writer, c.Items, options);
                break;
        }
    }

    public static void Read(ref BlockReader reader, Column column, int count)
    {
        var nulls = reader.ReadByte();
        if (nulls > 1)
            throw BlockFault.Unknown("validity", nulls);
        var words = nulls == 0 ? 0 : (count + 63) >> 6;
        reader.Charge(words * 8L);
        var validity = new ulong[words];
        ByteStream.Read(ref reader, MemoryMarshal.AsBytes(validity.AsSpan()));
        if (words > 0 && (count & 63) != 0 && validity[^1] >> (count & 63) != 0)
            throw BlockFault.Damaged("a slot after the last one is present");
        var encoding = (ColumnEncoding)reader.ReadByte();
        switch (column, encoding)
        {
            case (FixedColumn<long> c, ColumnEncoding.Raw):
                ReadRaw(ref reader, c, count);
                break;
            case (FixedColumn<ulong> c, ColumnEncoding.Raw):
                ReadRaw(ref reader, c, count);
                break;
            case (FixedColumn<double> c, ColumnEncoding.Raw):
                ReadRaw(ref reader, c, count);
                break;
            case (FixedColumn<float> c, ColumnEncoding.Raw):
                ReadRaw(ref reader, c, count);
                break;
            case (FixedColumn<bool> c, ColumnEncoding.Raw):
                ReadRaw(ref reader, c, count);
                if (MemoryMarshal.AsBytes(c.Values).IndexOfAnyExceptInRange((byte)0, (byte)1) >= 0)
                    throw BlockFault.Damaged("a boolean is neither true nor false");
                break;
            case (BytesColumn c, ColumnEncoding.Text):
                ReadText(ref reader, c, count);
                break;
            case (ListColumn c, ColumnEncoding.List):
                ReadList(ref reader, c, count);
                break;
            default:
                throw BlockFault.Unknown("encoding", (int)encoding);
        }
        if (nulls != 0)
            column.SetValidity(validity);
    }

    private static void WriteRaw<T>(BlockWriter writer, ReadOnlySpan<T> values, CodecOptions options)
        where T : unmanaged
    {
        writer.WriteByte((byte)ColumnEncoding.Raw);
        ByteStream.Write(writer, MemoryMarshal.AsBytes(values), options);
    }

    private static void ReadRaw<T>(ref BlockReader reader, FixedColumn<T> column, int count)
        where T : unmanaged
    {
        reader.Charge((long)count * Marshal.SizeOf<T>());
        ByteStream.Read(ref reader, MemoryMarshal.AsBytes(column.Reserve(count)));
    }

    private static void WriteText(BlockWriter writer, BytesColumn column, CodecOptions options)
    {
        writer.WriteVarint((ulong)column.Data.Length);
        ByteStream.Write(writer, MemoryMarshal.AsBytes(column.Ends), options);
        ByteStream.Write(writer, column.Data, options);
    }

    private static void ReadText(ref BlockReader reader, BytesColumn column, int count)
    {
        var length = reader.ReadCount(int.MaxValue);
        reader.Charge(length + (count * 8L));
        var ends = new int[count];
        ByteStream.Read(ref reader, MemoryMarshal.AsBytes(ends.AsSpan()));
        var data = new byte[length];
        ByteStream.Read(ref reader, data);
        var start = 0;
        foreach (var end in ends)
        {
            if (end < start || end > length)
                throw BlockFault.Damaged("a text ends before it starts or outside the data");
            column.Append(data.AsSpan(start, end - start));
            start = end;
        }
    }

    private static void ReadList(ref BlockReader reader, ListColumn column, int count)
    {
        var items = reader.ReadCount(int.MaxValue);
        reader.Charge((items * 12L) + (count * 8L));
        var ends = new int[count];
        ByteStream.Read(ref reader, MemoryMarshal.AsBytes(ends.AsSpan()));
        using var all = new BytesColumn(column.Items.Schema);
        Read(ref reader, all, items);
        var start = 0;
        foreach (var end in ends)
        {
            if (end < start || end > items)
                throw BlockFault.Damaged("a list ends before it starts or outside its items");
            for (; start < end; start++)
            {
                if (all.IsValid(start))
                    column.Items.Append(all[start]);
                else
                    column.Items.AppendNull();
            }
            column.EndList();
        }
        if (start != items)
            throw BlockFault.Damaged("items belong to no list");
    }
}
