using System.Buffers;
using System.Text;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>
/// Turns batches into blocks and back (FORMAT.md, "Blocks and column encodings"). The same batch and options give the same bytes on
/// every machine. Static and safe to use from several threads.
/// </summary>
public static class BlockCodec
{
    private const byte Format = 1;
    private const byte TupleFlag = 1;
    private const byte TimeFlag = 2;

    /// <summary>Writes a sealed batch as one block.</summary>
    /// <param name="batch">The batch; it is not changed and stays the caller's.</param>
    /// <param name="destination">Gets the bytes.</param>
    /// <param name="options">How hard to try.</param>
    /// <exception cref="ArgumentException">The batch is not sealed or holds more than <see cref="BlockLimits"/> allow.</exception>
    public static void Encode(Batch batch, IBufferWriter<byte> destination, CodecOptions options)
    {
        if (!batch.IsSealed)
            throw new ArgumentException("The batch is not sealed.", nameof(batch));
        if (batch.RowCount > BlockLimits.MaxRows
            || batch.Columns.Count > BlockLimits.MaxColumns || batch.ByteSize > BlockLimits.MaxDecodedBytes / 2)
            throw new ArgumentException("The batch is larger than a block may be.", nameof(batch));
        using var writer = new BlockWriter();
        WriteHeader(writer, batch);
        WriteRuns(writer, batch, options);
        using var starts = new Scratch<int>(batch.RunEnds.Length + 1);
        for (var i = 0; i < batch.Columns.Count; i++)
        {
            var column = batch.Columns[i];
            var start = writer.Length;
            writer.Reserve(4);
            Validity.Write(writer, batch.Columns, i, options);
            ColumnCodec.Write(writer, column, RunStarts(batch, column.Schema.Role, column.Validity, starts.Span), options);
            writer.Patch32(start, (uint)(writer.Length - start - 4));
        }
        destination.Write(writer.Written);
    }

    /// <summary>Reads a block.</summary>
    /// <returns>A sealed batch, which the caller owns.</returns>
    /// <exception cref="TsBackupException">BlockDamaged, or EncodingUnknown for a block of a newer build.</exception>
    public static Batch Decode(ReadOnlySpan<byte> block)
    {
        var reader = new BlockReader(block);
        var header = ReadHeader(ref reader);
        var batch = new Batch(header.RowsAreTuples);
        try
        {
            ReadRuns(ref reader, batch, header);
            using var starts = new Scratch<int>(batch.RunEnds.Length + 1);
            foreach (var schema in header.Columns)
            {
                if (batch.FindColumn(schema) is not null || (schema.Role == ColumnRole.Time && batch.Time is not null))
                    throw BlockFault.Damaged("a column occurs twice");
                var end = reader.Read32() + (long)reader.Position;
                ReadColumn(ref reader, batch, schema, starts.Span);
                if (reader.Position != end)
                    throw BlockFault.Damaged("a column has another length than it says");
            }
            if (reader.Remaining != 0)
                throw BlockFault.Damaged("bytes follow its end");
            if (batch.Time is { NullCount: > 0 })
                throw BlockFault.Damaged("a row has no time");
            return batch.Seal();
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    /// <summary>Reads what a block says about itself, without decoding its columns.</summary>
    /// <exception cref="TsBackupException">BlockDamaged, or EncodingUnknown for a block of a newer build.</exception>
    public static BlockHeader DecodeHeader(ReadOnlySpan<byte> block)
    {
        var reader = new BlockReader(block);
        return ReadHeader(ref reader);
    }

    /// <summary>Name, encoding and stored bytes of each column, for the bench and for tests.</summary>
    internal static IReadOnlyList<(ColumnSchema Schema, ColumnEncoding Encoding, int Bytes)> DescribeColumns(ReadOnlySpan<byte> block)
    {
        using var batch = Decode(block);
        var columns = new List<(ColumnSchema, ColumnEncoding, int)>();
        var reader = new BlockReader(block);
        var header = ReadHeader(ref reader);
        using (var runs = new Batch(header.RowsAreTuples))
            ReadRuns(ref reader, runs, header);
        foreach (var column in batch.Columns)
        {
            var length = (int)reader.Read32();
            var body = new BlockReader(reader.Read(length));
            using var validity = new Scratch<ulong>((column.Count + 63) >> 6);
            Validity.Read(ref body, batch, column.Count, validity.Span);
            columns.Add((column.Schema, (ColumnEncoding)body.Peek(), length));
        }
        return columns;
    }

    private static void WriteHeader(BlockWriter writer, Batch batch)
    {
        var timed = batch.Time is not null && batch.RowCount > 0;
        writer.WriteByte(Format);
        writer.WriteByte((byte)((batch.RowsAreTuples ? TupleFlag : 0) | (timed ? TimeFlag : 0)));
        writer.WriteVarint((ulong)batch.RowCount);
        if (!batch.RowsAreTuples)
            writer.WriteVarint((ulong)batch.RunCount);
        if (timed)
        {
            var (first, last) = NumberBounds.Of(batch.Time!.Values);
            writer.WriteZigzag(first);
            writer.WriteVarint((ulong)last - (ulong)first);
        }
        writer.WriteVarint((ulong)batch.Columns.Count);
        foreach (var column in batch.Columns)
        {
            writer.WriteByte((byte)column.Schema.Role);
            writer.WriteByte((byte)column.Schema.Type);
            var name = Encoding.UTF8.GetBytes(column.Schema.Name);
            writer.WriteVarint((ulong)name.Length);
            writer.Write(name);
        }
    }

    private static BlockHeader ReadHeader(ref BlockReader reader)
    {
        var format = reader.ReadByte();
        if (format == 0)
            throw BlockFault.Damaged("it has no format");
        if (format != Format)
            throw BlockFault.Unknown("format", format);
        var flags = reader.ReadByte();
        if ((flags & ~(TupleFlag | TimeFlag)) != 0)
            throw BlockFault.Unknown("flags", flags);
        var rows = reader.ReadCount(BlockLimits.MaxRows);
        var tuples = (flags & TupleFlag) != 0;
        var runs = tuples ? rows : reader.ReadCount(rows);
        var times = new TimeRange(0, -1);
        if ((flags & TimeFlag) != 0)
        {
            var first = reader.ReadZigzag();
            times = new TimeRange(first, unchecked(first + (long)reader.ReadVarint()));
        }
        var columns = new ColumnSchema[reader.ReadCount(Math.Min(BlockLimits.MaxColumns, reader.Remaining))];
        for (var i = 0; i < columns.Length; i++)
            columns[i] = ReadSchema(ref reader);
        return new BlockHeader(rows, runs, tuples, times, columns);
    }

    private static ColumnSchema ReadSchema(ref BlockReader reader)
    {
        var role = (ColumnRole)reader.ReadByte();
        var type = (ColumnType)reader.ReadByte();
        if (role is < ColumnRole.Key or > ColumnRole.Value)
            throw BlockFault.Damaged("a column has no role");
        if (type is < ColumnType.Timestamp or > ColumnType.StringList)
            throw BlockFault.Unknown("column type", (int)type);
        if (role == ColumnRole.Time && type != ColumnType.Timestamp)
            throw BlockFault.Damaged("its time column is of another type");
        var name = Encoding.UTF8.GetString(reader.Read(reader.ReadCount(reader.Remaining)));
        return new ColumnSchema(name, role, type);
    }

    private static void ReadRuns(ref BlockReader reader, Batch batch, BlockHeader header)
    {
        if (header.RowsAreTuples)
        {
            for (var i = 0; i < header.Rows; i++)
                batch.EndRun(1);
            return;
        }
        reader.Charge(header.Runs * 4L);
        using var lengths = new Scratch<long>(header.Runs);
        IntegersEncoding.Read(ref reader, lengths.Span, WordColumn.OneRun);
        foreach (var length in lengths.Span)
        {
            if (length < 1 || length > header.Rows - batch.RowCount)
                throw BlockFault.Damaged("a run is empty or ends after the last row");
            batch.EndRun((int)length);
        }
        if (batch.RowCount != header.Rows)
            throw BlockFault.Damaged("its runs do not cover its rows");
    }

    private static void WriteRuns(BlockWriter writer, Batch batch, CodecOptions options)
    {
        using var lengths = new Scratch<long>(batch.RunEnds.Length);
        for (var run = 0; run < lengths.Span.Length; run++)
            lengths.Span[run] = batch.RunEnd(run) - batch.RunStart(run);
        IntegersEncoding.Write(writer, lengths.Span, WordColumn.OneRun, options);
    }

    private static void ReadColumn(ref BlockReader reader, Batch batch, ColumnSchema schema, scoped Span<int> starts)
    {
        var column = batch.AddEmptyColumn(schema);
        var count = schema.Role == ColumnRole.Key ? batch.RunCount : batch.RowCount;
        reader.Charge((long)count * SlotSize(schema.Type));
        using var validity = new Scratch<ulong>((count + 63) >> 6);
        var present = Validity.Read(ref reader, batch, count, validity.Span);
        ColumnCodec.Read(ref reader, column, present, RunStarts(batch, schema.Role, present == count ? default : validity.Span, starts));
        column.Spread(count, validity.Span);
    }

    private static int SlotSize(ColumnType type) => type switch
    {
        ColumnType.Boolean => 1,
        ColumnType.Float32 or ColumnType.String or ColumnType.Binary or ColumnType.StringList => 4,
        _ => 8,
    };

    /// <summary>For each run with present values: the index of the first of them among all present values.</summary>
    private static ReadOnlySpan<int> RunStarts(Batch batch, ColumnRole role, ReadOnlySpan<ulong> validity, Span<int> starts)
    {
        if (role == ColumnRole.Key || batch.RowsAreTuples)
            return WordColumn.OneRun;
        var (count, present) = (0, 0);
        for (var run = 0; run < batch.RunCount; run++)
        {
            var (start, end) = (batch.RunStart(run), batch.RunEnd(run));
            var values = validity.IsEmpty ? end - start : BitSequence.CountSet(validity, start, end);
            if (values == 0)
                continue;
            starts[count++] = present;
            present += values;
        }
        return starts[..count];
    }
}
