namespace TsBackup.Tablestore.Protocol.Wire;

/// <summary>Collects the bytes of a protobuf message in one growing buffer.</summary>
internal sealed class WireWriter
{
    private byte[] _buffer = new byte[256];
    private int _length;

    /// <summary>The bytes so far; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>The bytes so far; the writer must not be used afterwards.</summary>
    public ReadOnlyMemory<byte> Detach() => _buffer.AsMemory(0, _length);

    /// <summary>Makes room for <paramref name="bytes"/> more.</summary>
    public void Reserve(int bytes)
    {
        if (bytes > _buffer.Length - _length)
            Array.Resize(ref _buffer, Math.Max(checked(_length + bytes), (int)Math.Min(_buffer.Length * 2L, Array.MaxLength)));
    }

    /// <summary>Writes a field's tag and number.</summary>
    public void Number(int field, ulong value)
    {
        Varint(((ulong)field << 3) | (uint)WireType.Varint);
        Varint(value);
    }

    /// <summary>Writes a length-delimited field.</summary>
    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | (uint)WireType.Bytes);
        Varint((ulong)value.Length);
        Raw(value);
    }

    /// <summary>Writes bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> value)
    {
        Reserve(value.Length);
        value.CopyTo(_buffer.AsSpan(_length));
        _length += value.Length;
    }

    /// <summary>Starts a nested message; its length is filled in by <see cref="End"/>.</summary>
    /// <returns>Where it starts.</returns>
    public int Begin(int field)
    {
        Varint(((ulong)field << 3) | (uint)WireType.Bytes);
        Reserve(1);
        return ++_length;
    }

    /// <summary>Ends a nested message.</summary>
    public void End(int start)
    {
        // One byte was kept free for the length; a longer one moves the content.
        var length = _length - start;
        var extra = 0;
        for (var rest = (uint)length >> 7; rest != 0; rest >>= 7)
            extra++;
        if (extra > 0)
        {
            Reserve(extra);
            _buffer.AsSpan(start, length).CopyTo(_buffer.AsSpan(start + extra));
        }
        _length = start - 1;
        Varint((ulong)length);
        _length += length;
    }

    private void Varint(ulong value)
    {
        Reserve(10);
        while (value >= 0x80)
        {
            _buffer[_length++] = (byte)(value | 0x80);
            value >>= 7;
        }
        _buffer[_length++] = (byte)value;
    }
}
