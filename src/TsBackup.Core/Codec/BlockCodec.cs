using System.Buffers;
using System.Runtime.InteropServices;
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
        if (batch.RowCount > BlockLimits.MaxRows || batch.Columns.Count > BlockLimits.MaxColumns || batch.ByteSize > BlockLimits.MaxDecodedBytes / 2)
            throw new ArgumentException("The batch is larger than a block may be.", nameof(batch));
        using var writer = new BlockWriter();
        WriteHeader(writer, batch);
        if (!batch.RowsAreTuples)
            ByteStream.Write(writer, MemoryMarshal.AsBytes(batch.RunEnds), options);
        foreach (var column in batch.Columns)
        {
            var start = writer.Length;
            writer.Reserve(4);
            ColumnCodec.Write(writer, column, options);
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
            foreach (var schema in header.Columns)
            {
                if (batch.FindColumn(schema) is not null || (schema.Role == ColumnRole.Time && batch.Time is not null))
                    throw BlockFault.Damaged("a column occurs twice");
                var end = reader.Read32() + (long)reader.Position;
                ColumnCodec.Read(ref reader, batch.AddColumn(schema), schema.Role == ColumnRole.Key ? batch.RunCount : batch.RowCount);
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
            var (first, last) = (long.MaxValue, long.MinValue);
            foreach (var time in batch.Time!.Values)
            {
                first = Math.Min(first, time);
                last = Math.Max(last, time);
            }
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
        reader.Charge(header.Runs * 8L);
        var ends = new int[header.Runs];
        ByteStream.Read(ref reader, MemoryMarshal.AsBytes(ends.AsSpan()));
        var start = 0;
        foreach (var end in ends)
        {
            if (end <= start || end > header.Rows)
                throw BlockFault.Damaged("a run ends before it starts or after the last row");
            batch.EndRun(end - start);
            start = end;
        }
        if (start != header.Rows)
            throw BlockFault.Damaged("its runs do not cover its rows");
    }
}
