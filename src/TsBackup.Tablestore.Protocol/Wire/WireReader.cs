namespace TsBackup.Tablestore.Protocol.Wire;

/// <summary>Walks over the fields of a serialized protobuf message. Values are views of the input, never copies.</summary>
internal struct WireReader(ReadOnlyMemory<byte> input)
{
    private readonly ReadOnlyMemory<byte> _input = input;
    private int _position;

    /// <summary>Number of the field read last.</summary>
    public int Field { get; private set; }

    /// <summary>Wire type of the field read last.</summary>
    public WireType Type { get; private set; }

    /// <summary>Value of a varint, or the bits of a fixed field.</summary>
    public ulong Number { get; private set; }

    /// <summary>Value of a length-delimited field.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    /// <summary>The field read last with its tag, as it stands on the wire.</summary>
    public ReadOnlyMemory<byte> Raw { get; private set; }

    /// <summary>Goes to the next field; false at the end.</summary>
    /// <exception cref="TablestoreProtocolException">The bytes are no message.</exception>
    public bool Next()
    {
        if (_position == _input.Length)
            return false;
        var start = _position;
        var tag = ReadVarint();
        if (tag >> 3 is 0 or > 0x1FFFFFFF)
            throw TablestoreProtocolException.Malformed("A message holds a field without a valid number.");
        Field = (int)(tag >> 3);
        Type = (WireType)(tag & 7);
        Bytes = default;
        switch (Type)
        {
            case WireType.Varint:
                Number = ReadVarint();
                break;
            case WireType.Bytes:
                var length = ReadVarint();
                if (length > (ulong)(_input.Length - _position))
                    throw TablestoreProtocolException.Malformed($"Field {Field} claims {length} bytes where {_input.Length - _position} are left.");
                Bytes = Take((int)length);
                break;
            case WireType.Fixed64:
                Number = BitConverter.ToUInt64(Take(8).Span);
                break;
            case WireType.Fixed32:
                Number = BitConverter.ToUInt32(Take(4).Span);
                break;
            default:
                throw TablestoreProtocolException.Malformed($"Field {Field} has the unknown wire type {(int)Type}.");
        }
        Raw = _input[start.._position];
        return true;
    }

    private ReadOnlyMemory<byte> Take(int length)
    {
        if (length > _input.Length - _position)
            throw TablestoreProtocolException.Malformed($"Field {Field} ends before its {length} bytes.");
        _position += length;
        return _input.Slice(_position - length, length);
    }

    private ulong ReadVarint()
    {
        var span = _input.Span;
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_position == span.Length)
                throw TablestoreProtocolException.Malformed("A message ends within a number.");
            var part = span[_position++];
            if (shift == 63 && part > 1)
                break;
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
        throw TablestoreProtocolException.Malformed("A message holds a number of more than 64 bits.");
    }
}
