using System.Buffers.Binary;

namespace TsBackup.Tablestore.Protocol.PlainBuffer;

/// <summary>
/// Reads rows in PlainBuffer encoding and checks both levels of checksums. No length is trusted: what does not fit is
/// <see cref="ProtocolFault.Malformed"/>, a wrong checksum <see cref="ProtocolFault.Checksum"/>.
/// </summary>
internal struct PlainBufferReader
{
    private readonly ReadOnlyMemory<byte> _input;
    private int _position;

    /// <summary>Starts at the header; empty input holds no rows.</summary>
    /// <exception cref="TablestoreProtocolException">The header is wrong.</exception>
    public PlainBufferReader(ReadOnlyMemory<byte> input)
    {
        _input = input;
        if (input.IsEmpty)
            return;
        if (input.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(input.Span) != PlainTag.Header)
            throw TablestoreProtocolException.Malformed("Rows do not start with the header of a PlainBuffer.");
        _position = 4;
    }

    /// <summary>Bytes of the input that were read, without the zeros that some clients send after a row.</summary>
    public readonly int Position => _position;

    /// <summary>Reads the single row of a blob; null when the blob is empty.</summary>
    public static PlainRow? ReadSingle(ReadOnlyMemory<byte> input)
    {
        var row = new PlainRow();
        var reader = new PlainBufferReader(input);
        if (!reader.Read(row))
            return null;
        if (!reader.AtEnd())
            throw TablestoreProtocolException.Malformed("More than one row stands where one was expected.");
        return row;
    }

    /// <summary>Reads the next row into <paramref name="row"/>; false at the end.</summary>
    public bool Read(PlainRow row)
    {
        row.Keys.Clear();
        row.Cells.Clear();
        row.IsDelete = false;
        row.Buffer = _input;
        if (AtEnd())
            return false;
        var input = _input.Span;
        byte crc = 0;
        if (input[_position] != PlainTag.Keys)
            throw Unexpected(input);
        _position++;
        while (Peek(input) == PlainTag.Cell)
            row.Keys.Add(ReadCell(input, ref crc));
        if (Peek(input) == PlainTag.Cells)
        {
            _position++;
            while (Peek(input) == PlainTag.Cell)
                row.Cells.Add(ReadCell(input, ref crc));
        }
        if (Peek(input) == PlainTag.DeleteMarker)
        {
            _position++;
            row.IsDelete = true;
        }
        if (Peek(input) == PlainTag.Extension)
        {
            _position++;
            var length = ReadLength(input);
            _position += length;
        }
        crc = Crc8.Add(crc, row.IsDelete ? (byte)1 : (byte)0);
        if (Peek(input) != PlainTag.RowChecksum)
            throw Unexpected(input);
        _position++;
        Need(input, 1);
        if (input[_position++] != crc)
            throw new TablestoreProtocolException(ProtocolFault.Checksum, "The checksum of a row does not match.");
        return true;
    }

    /// <summary>True when only zeros are left: the official JavaScript client sends such a tail.</summary>
    public readonly bool AtEnd() => _position >= _input.Length || !_input.Span[_position..].ContainsAnyExcept((byte)0);

    private PlainCell ReadCell(ReadOnlySpan<byte> input, ref byte rowCrc)
    {
        _position++;
        if (Peek(input) != PlainTag.CellName)
            throw Unexpected(input);
        _position++;
        var nameLength = ReadLength(input);
        var nameStart = _position;
        _position += nameLength;
        var crc = Crc8.Add(0, input.Slice(nameStart, nameLength));

        var value = new PlainCell(0, 0, PlainType.None, 0, 0, 0, PlainCell.NoVersion, CellOperation.Put);
        if (Peek(input) == PlainTag.CellValue)
        {
            _position++;
            var length = ReadLength(input);
            var bytes = input.Slice(_position, length);
            crc = Crc8.Add(crc, bytes);
            value = ReadValue(bytes, _position);
            _position += length;
        }
        var operation = CellOperation.Put;
        if (Peek(input) == PlainTag.CellOperation)
        {
            Need(input, 2);
            operation = (CellOperation)input[_position + 1];
            _position += 2;
        }
        var version = PlainCell.NoVersion;
        if (Peek(input) == PlainTag.CellVersion)
        {
            Need(input, 9);
            var bytes = input.Slice(_position + 1, 8);
            version = BinaryPrimitives.ReadInt64LittleEndian(bytes);
            crc = Crc8.Add(crc, bytes);
            _position += 9;
        }
        if (operation != CellOperation.Put)
            crc = Crc8.Add(crc, (byte)operation);
        if (Peek(input) != PlainTag.CellChecksum)
            throw Unexpected(input);
        Need(input, 2);
        if (input[_position + 1] != crc)
            throw new TablestoreProtocolException(ProtocolFault.Checksum, "The checksum of a cell does not match.");
        _position += 2;
        rowCrc = Crc8.Add(rowCrc, crc);
        return new PlainCell(nameStart, nameLength, value.Type, value.Bits, value.ValueStart, value.ValueLength, version, operation);
    }

    private static PlainCell ReadValue(ReadOnlySpan<byte> value, int start)
    {
        var type = value.IsEmpty ? PlainType.None : (PlainType)value[0];
        var expected = type switch
        {
            PlainType.Integer or PlainType.Double => 9,
            PlainType.Boolean => 2,
            PlainType.String or PlainType.Blob when value.Length >= 5 => 5L + BinaryPrimitives.ReadUInt32LittleEndian(value[1..]),
            PlainType.Minimum or PlainType.Maximum or PlainType.AutoIncrement => 1,
            _ => -1,
        };
        if (expected != value.Length)
            throw TablestoreProtocolException.Malformed($"A value of type {(int)type} does not fill its {value.Length} bytes.");
        var (bits, from, length) = type switch
        {
            PlainType.Integer or PlainType.Double => (BinaryPrimitives.ReadInt64LittleEndian(value[1..]), 0, 0),
            PlainType.Boolean => (value[1] != 0 ? 1L : 0L, 0, 0),
            PlainType.String or PlainType.Blob => (0L, start + 5, value.Length - 5),
            _ => (0L, 0, 0),
        };
        return new PlainCell(0, 0, type, bits, from, length, PlainCell.NoVersion, CellOperation.Put);
    }

    private readonly int Peek(ReadOnlySpan<byte> input)
    {
        if (_position >= input.Length)
            throw TablestoreProtocolException.Malformed("A row ends before its checksum.");
        return input[_position];
    }

    private readonly void Need(ReadOnlySpan<byte> input, int bytes)
    {
        if (bytes > input.Length - _position)
            throw TablestoreProtocolException.Malformed("A row ends before its checksum.");
    }

    private int ReadLength(ReadOnlySpan<byte> input)
    {
        Need(input, 4);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(input[_position..]);
        _position += 4;
        if (length > (uint)(input.Length - _position))
            throw TablestoreProtocolException.Malformed($"A row claims {length} bytes where {input.Length - _position} are left.");
        return (int)length;
    }

    private readonly TablestoreProtocolException Unexpected(ReadOnlySpan<byte> input) =>
        TablestoreProtocolException.Malformed($"Byte {_position} of the rows is the unexpected tag {input[_position]}.");
}
