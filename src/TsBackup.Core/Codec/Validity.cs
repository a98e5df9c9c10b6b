using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>Which slots of a column are present.</summary>
internal static class Validity
{
    private const byte All = 0;
    private const byte Own = 1;
    private const byte Earlier = 2;

    /// <summary>Writes the validity of a column.</summary>
    public static void Write(BlockWriter writer, Column column, CodecOptions options)
    {
        if (column.NullCount == 0)
        {
            writer.WriteByte(All);
            return;
        }
        writer.WriteByte(Own);
        BitSequence.Write(writer, column.Validity, column.Count, options);
    }

    /// <summary>Writes the validity of a column of a batch, or the earlier column that has the same.</summary>
    public static void Write(BlockWriter writer, IReadOnlyList<Column> columns, int index, CodecOptions options)
    {
        var column = columns[index];
        for (var i = 0; i < index && column.NullCount > 0; i++)
        {
            if (columns[i].NullCount != column.NullCount || columns[i].Count != column.Count
                || !columns[i].Validity.SequenceEqual(column.Validity))
                continue;
            writer.WriteByte(Earlier);
            writer.WriteVarint((ulong)i);
            return;
        }
        Write(writer, column, options);
    }

    /// <summary>Reads the validity of a column that has no earlier one.</summary>
    /// <returns>Number of present slots.</returns>
    public static int Read(ref BlockReader reader, int count, scoped Span<ulong> validity)
    {
        var mode = reader.ReadByte();
        validity.Clear();
        switch (mode)
        {
            case All:
                BitSequence.Set(validity, 0, count);
                return count;
            case Own:
                BitSequence.Read(ref reader, validity, count);
                return BitSequence.CountSet(validity, 0, count);
            default:
                throw BlockFault.Unknown("validity", mode);
        }
    }

    /// <summary>Reads the validity of a column of a batch whose earlier columns are complete.</summary>
    /// <returns>Number of present slots.</returns>
    public static int Read(ref BlockReader reader, Batch batch, int count, scoped Span<ulong> validity)
    {
        if (reader.Peek() != Earlier)
            return Read(ref reader, count, validity);
        reader.ReadByte();
        var earlier = reader.ReadCount(int.MaxValue);
        // The column that is being read is the last one and still empty.
        if (earlier >= batch.Columns.Count - 1 || batch.Columns[earlier].Count != count || batch.Columns[earlier].NullCount == 0)
            throw BlockFault.Damaged("a column refers to the gaps of a column that has none");
        batch.Columns[earlier].Validity.CopyTo(validity);
        return count - batch.Columns[earlier].NullCount;
    }
}
