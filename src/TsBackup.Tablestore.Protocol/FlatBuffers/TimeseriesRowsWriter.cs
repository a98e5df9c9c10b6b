using System.Numerics;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Tablestore.Protocol.FlatBuffers;

/// <summary>Encodes points for PutTimeseriesData: one row group per point, as the official clients do.</summary>
internal sealed class TimeseriesRowsWriter
{
    private readonly FlatBufferBuilder _builder = new();
    private readonly List<int> _groups = [];
    private readonly List<long> _integers = [];
    private readonly List<long> _doubles = [];
    private readonly List<byte> _flags = [];
    private readonly List<int> _strings = [];
    private readonly List<int> _blobs = [];

    /// <summary>Bytes so far.</summary>
    public int Length => _builder.Offset;

    /// <summary>Points so far.</summary>
    public int Count => _groups.Count;

    /// <summary>Starts anew.</summary>
    public void Clear()
    {
        _builder.Clear();
        _groups.Clear();
    }

    /// <summary>Adds a point.</summary>
    public void Add(TimeseriesRow row)
    {
        var names = new int[row.Fields.Count];
        var types = new byte[row.Fields.Count];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = _builder.AddString(row.Fields[i].Key);
            types[i] = TypeOf(row.Fields[i].Value.Type);
        }
        var values = AddValues(row);
        var tags = new int[row.Tags.Count];
        for (var i = 0; i < tags.Length; i++)
            tags[i] = AddTag(row.Tags[i]);
        var tagList = _builder.AddOffsets(tags);
        var source = _builder.AddString(row.Source);
        var tagText = _builder.AddString("");
        _builder.StartTable(6);
        _builder.AddReference(0, source);
        _builder.AddReference(1, tagText);
        _builder.AddReference(3, values);
        _builder.AddInt64(2, row.Time);
        _builder.AddReference(5, tagList);
        var rowOffset = _builder.EndTable();

        var rows = _builder.AddOffsets([rowOffset]);
        var nameVector = _builder.AddOffsets(names);
        var typeVector = _builder.AddBytes(types);
        var measurement = _builder.AddString(row.Measurement);
        _builder.StartTable(4);
        _builder.AddReference(0, measurement);
        _builder.AddReference(1, nameVector);
        _builder.AddReference(2, typeVector);
        _builder.AddReference(3, rows);
        _groups.Add(_builder.EndTable());
    }

    /// <summary>Ends the buffer.</summary>
    /// <param name="checksum">CRC32C of the buffer, as the protocol carries it.</param>
    /// <returns>A copy of the bytes.</returns>
    public byte[] Finish(out int checksum)
    {
        var groups = _builder.AddOffsets(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_groups));
        _builder.StartTable(1);
        _builder.AddReference(0, groups);
        var bytes = _builder.Finish(_builder.EndTable()).ToArray();
        checksum = Checksum(bytes);
        return bytes;
    }

    /// <summary>CRC32C (Castagnoli) as a signed number.</summary>
    public static int Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BitConverter.ToUInt64(bytes));
            bytes = bytes[8..];
        }
        foreach (var value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return (int)~crc;
    }

    /// <summary>The number of a field type in row groups.</summary>
    internal static byte TypeOf(PlainType type) => type switch
    {
        PlainType.Integer => 1,
        PlainType.Boolean => 2,
        PlainType.Double => 3,
        PlainType.String => 4,
        PlainType.Blob => 5,
        _ => throw TablestoreProtocolException.Malformed($"Values of type {type} cannot be fields."),
    };

    private int AddTag(KeyValuePair<string, string> tag)
    {
        var name = _builder.AddString(tag.Key);
        var value = _builder.AddString(tag.Value);
        _builder.StartTable(2);
        _builder.AddReference(0, name);
        _builder.AddReference(1, value);
        return _builder.EndTable();
    }

    private int AddValues(TimeseriesRow row)
    {
        _integers.Clear();
        _doubles.Clear();
        _flags.Clear();
        _strings.Clear();
        _blobs.Clear();
        foreach (var (_, value) in row.Fields)
            AddValue(value);
        var integers = _integers.Count == 0 ? 0 : _builder.AddInt64s([.. _integers]);
        var flags = _flags.Count == 0 ? 0 : _builder.AddBytes([.. _flags]);
        var doubles = _doubles.Count == 0 ? 0 : _builder.AddInt64s([.. _doubles]);
        var strings = _strings.Count == 0 ? 0 : _builder.AddOffsets([.. _strings]);
        var blobs = _blobs.Count == 0 ? 0 : _builder.AddOffsets([.. _blobs]);
        _builder.StartTable(5);
        _builder.AddReference(0, integers);
        _builder.AddReference(1, flags);
        _builder.AddReference(2, doubles);
        _builder.AddReference(3, strings);
        _builder.AddReference(4, blobs);
        return _builder.EndTable();
    }

    private void AddValue(PlainValue value)
    {
        switch (value.Type)
        {
            case PlainType.Integer:
                _integers.Add(value.Bits);
                break;
            case PlainType.Boolean:
                _flags.Add((byte)value.Bits);
                break;
            case PlainType.Double:
                _doubles.Add(value.Bits);
                break;
            case PlainType.String:
                _strings.Add(_builder.AddString(value.Bytes.Span));
                break;
            default:
                var bytes = _builder.AddBytes(value.Bytes.Span);
                _builder.StartTable(1);
                _builder.AddReference(0, bytes);
                _blobs.Add(_builder.EndTable());
                break;
        }
    }
}
