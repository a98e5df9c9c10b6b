using System.Text;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Tablestore.Protocol.FlatBuffers;

/// <summary>Decodes the points of a PutTimeseriesData.</summary>
internal static class TimeseriesRowsReader
{
    /// <summary>Reads all points. Byte values are views of <paramref name="data"/>.</summary>
    /// <exception cref="TablestoreProtocolException">The bytes are not such rows.</exception>
    public static List<TimeseriesRow> Read(ReadOnlyMemory<byte> data)
    {
        var reader = new FlatBufferReader(data);
        var rows = new List<TimeseriesRow>();
        var groups = reader.Vector(reader.Root(), 0, 4, out var first);
        for (var i = 0; i < groups; i++)
            ReadGroup(reader, reader.Follow(first + (i * 4)), rows);
        return rows;
    }

    private static void ReadGroup(FlatBufferReader reader, int group, List<TimeseriesRow> rows)
    {
        var measurement = Text(reader.Bytes(group, 0));
        var names = new string[reader.Vector(group, 1, 4, out var firstName)];
        for (var i = 0; i < names.Length; i++)
            names[i] = Text(reader.BytesAt(firstName + (i * 4)));
        var types = reader.Bytes(group, 2);
        if (types.Length != names.Length)
            throw TablestoreProtocolException.Malformed($"A row group has {names.Length} field names and {types.Length} types.");
        var count = reader.Vector(group, 3, 4, out var firstRow);
        for (var i = 0; i < count; i++)
        {
            var row = reader.Follow(firstRow + (i * 4));
            var time = reader.Slot(row, 2);
            var values = reader.Slot(row, 3);
            var fields = values == 0 ? [] : ReadFields(reader, reader.Follow(values), names, types.Span);
            rows.Add(new TimeseriesRow(
                measurement, Text(reader.Bytes(row, 0)), ReadTags(reader, row), time == 0 ? 0 : reader.Int64(time), fields));
        }
    }

    private static List<KeyValuePair<string, string>> ReadTags(FlatBufferReader reader, int row)
    {
        var tags = new List<KeyValuePair<string, string>>();
        var count = reader.Vector(row, 5, 4, out var first);
        for (var i = 0; i < count; i++)
        {
            var tag = reader.Follow(first + (i * 4));
            tags.Add(new(Text(reader.Bytes(tag, 0)), Text(reader.Bytes(tag, 1))));
        }
        return tags;
    }

    private static List<KeyValuePair<string, PlainValue>> ReadFields(
        FlatBufferReader reader, int values, string[] names, ReadOnlySpan<byte> types)
    {
        var fields = new List<KeyValuePair<string, PlainValue>>(names.Length);
        Span<int> used = stackalloc int[6];
        for (var i = 0; i < names.Length; i++)
        {
            var type = types[i];
            if (type is 0 or > 5)
                throw TablestoreProtocolException.Malformed($"Field {names[i]} has the unknown type {type}.");
            var size = type switch { 1 or 3 => 8, 2 => 1, _ => 4 };
            var count = reader.Vector(values, type - 1, size, out var first);
            if (used[type] >= count)
                throw TablestoreProtocolException.Malformed($"Field {names[i]} has no value.");
            var at = first + (used[type]++ * size);
            fields.Add(new(names[i], type switch
            {
                1 => PlainValue.Of(reader.Int64(at)),
                2 => PlainValue.Of(reader.Byte(at) != 0),
                3 => new PlainValue(PlainType.Double, reader.Int64(at), default),
                4 => new PlainValue(PlainType.String, 0, reader.BytesAt(at)),
                _ => PlainValue.Of(reader.Bytes(reader.Follow(at), 0)),
            }));
        }
        return fields;
    }

    private static string Text(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetString(utf8.Span);
}
