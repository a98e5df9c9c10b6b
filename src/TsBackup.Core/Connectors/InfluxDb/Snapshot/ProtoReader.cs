using TsBackup.Connectors.InfluxDb.Tsm;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>Goes through the fields of a protocol-buffers message (protobuf.dev, "Encoding"); what is not asked for is skipped.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private int _at;

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Value of the current field when it is a number.</summary>
    public ulong Number { get; private set; }

    /// <summary>Bytes of the current field when it has a length.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Bytes of the current field as text.</summary>
    public readonly string Text => SeriesKey.Text(Bytes);

    /// <summary>Goes to the next field; false at the end.</summary>
    /// <exception cref="TsmDamage">The message is malformed.</exception>
    public bool Next()
    {
        if (_at == _data.Length)
            return false;
        var tag = VarInt.Read(_data, ref _at);
        if (tag >> 3 is 0 or > 536_870_911)
            throw new TsmDamage("a metadata field has no valid number");
        Field = (int)(tag >> 3);
        Number = 0;
        Bytes = default;
        switch (tag & 7)
        {
            case 0:
                Number = VarInt.Read(_data, ref _at);
                break;
            case 1:
                Take(8);
                break;
            case 2:
                Take(VarInt.Read(_data, ref _at));
                break;
            case 5:
                Take(4);
                break;
            default:
                throw new TsmDamage("a metadata field is of an unknown kind");
        }
        return true;
    }

    private void Take(ulong length)
    {
        if (length > (ulong)(_data.Length - _at))
            throw new TsmDamage("a metadata field is cut off");
        Bytes = _data.Slice(_at, (int)length);
        _at += (int)length;
    }
}
