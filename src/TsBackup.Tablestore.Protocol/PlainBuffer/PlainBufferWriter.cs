using System.Buffers.Binary;
using System.Text;

namespace TsBackup.Tablestore.Protocol.PlainBuffer;

/// <summary>
/// Writes rows in PlainBuffer encoding into a growing buffer: <see cref="BeginRow"/>, its keys, its cells, <see cref="EndRow"/>.
/// Not thread-safe.
/// </summary>
internal sealed class PlainBufferWriter
{
    private byte[] _buffer = new byte[1024];
    private byte _rowCrc;
    private bool _hasCells;

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    /// <summary>Starts anew, keeping the buffer.</summary>
    public void Clear() => Length = 0;

    /// <summary>A copy of the bytes.</summary>
    public byte[] ToArray() => Written.ToArray();

    /// <summary>Starts a row; the first one brings the header.</summary>
    public void BeginRow()
    {
        if (Length == 0)
            BinaryPrimitives.WriteUInt32LittleEndian(Take(4), PlainTag.Header);
        Take(1)[0] = PlainTag.Keys;
        _rowCrc = 0;
        _hasCells = false;
    }

    /// <summary>Writes a primary key column.</summary>
    public void Key(ReadOnlySpan<byte> name, PlainType type, long bits, ReadOnlySpan<byte> bytes) =>
        WriteCell(name, type, bits, bytes, PlainCell.NoVersion, CellOperation.Put);

    /// <summary>Writes a primary key column.</summary>
    public void Key(string name, PlainValue value) => Key(Encoding.UTF8.GetBytes(name), value.Type, value.Bits, value.Bytes.Span);

    /// <summary>Writes an attribute cell.</summary>
    public void Cell(
        ReadOnlySpan<byte> name,
        PlainType type,
        long bits,
        ReadOnlySpan<byte> bytes,
        long version = PlainCell.NoVersion,
        CellOperation operation = CellOperation.Put)
    {
        if (!_hasCells)
            Take(1)[0] = PlainTag.Cells;
        _hasCells = true;
        WriteCell(name, type, bits, bytes, version, operation);
    }

    /// <summary>Writes an attribute cell.</summary>
    public void Cell(string name, PlainValue value, long version = PlainCell.NoVersion, CellOperation operation = CellOperation.Put) =>
        Cell(Encoding.UTF8.GetBytes(name), value.Type, value.Bits, value.Bytes.Span, version, operation);

    /// <summary>Ends a row.</summary>
    /// <param name="isDelete">True for the body of a DeleteRow.</param>
    public void EndRow(bool isDelete = false)
    {
        if (isDelete)
            Take(1)[0] = PlainTag.DeleteMarker;
        var end = Take(2);
        end[0] = PlainTag.RowChecksum;
        end[1] = Crc8.Add(_rowCrc, isDelete ? (byte)1 : (byte)0);
    }

    /// <summary>Bytes an attribute cell takes.</summary>
    public static int SizeOfCell(int nameLength, PlainType type, int valueLength) => 23 + nameLength + PayloadSize(type, valueLength);

    private static int PayloadSize(PlainType type, int length) => type switch
    {
        PlainType.Integer or PlainType.Double => 8,
        PlainType.Boolean => 1,
        PlainType.String or PlainType.Blob => 4 + length,
        _ => 0,
    };

    private void WriteCell(
        ReadOnlySpan<byte> name, PlainType type, long bits, ReadOnlySpan<byte> bytes, long version, CellOperation operation)
    {
        var head = Take(6 + name.Length);
        head[0] = PlainTag.Cell;
        head[1] = PlainTag.CellName;
        BinaryPrimitives.WriteInt32LittleEndian(head[2..], name.Length);
        name.CopyTo(head[6..]);
        var crc = Crc8.Add(0, name);
        if (type != PlainType.None)
        {
            var size = 1 + PayloadSize(type, bytes.Length);
            var value = Take(5 + size);
            value[0] = PlainTag.CellValue;
            BinaryPrimitives.WriteInt32LittleEndian(value[1..], size);
            WriteValue(value[5..], type, bits, bytes);
            crc = Crc8.Add(crc, value[5..]);
        }
        if (operation != CellOperation.Put)
        {
            var tag = Take(2);
            tag[0] = PlainTag.CellOperation;
            tag[1] = (byte)operation;
        }
        if (version != PlainCell.NoVersion)
        {
            var tag = Take(9);
            tag[0] = PlainTag.CellVersion;
            BinaryPrimitives.WriteInt64LittleEndian(tag[1..], version);
            crc = Crc8.Add(crc, version);
        }
        if (operation != CellOperation.Put)
            crc = Crc8.Add(crc, (byte)operation);
        var end = Take(2);
        end[0] = PlainTag.CellChecksum;
        end[1] = crc;
        _rowCrc = Crc8.Add(_rowCrc, crc);
    }

    private static void WriteValue(Span<byte> target, PlainType type, long bits, ReadOnlySpan<byte> bytes)
    {
        target[0] = (byte)type;
        switch (type)
        {
            case PlainType.Integer or PlainType.Double:
                BinaryPrimitives.WriteInt64LittleEndian(target[1..], bits);
                break;
            case PlainType.Boolean:
                target[1] = (byte)bits;
                break;
            case PlainType.String or PlainType.Blob:
                BinaryPrimitives.WriteInt32LittleEndian(target[1..], bytes.Length);
                bytes.CopyTo(target[5..]);
                break;
        }
    }

    private Span<byte> Take(int count)
    {
        if (count > _buffer.Length - Length)
            Array.Resize(ref _buffer, Math.Max(checked(Length + count), _buffer.Length * 2));
        Length += count;
        return _buffer.AsSpan(Length - count, count);
    }
}
