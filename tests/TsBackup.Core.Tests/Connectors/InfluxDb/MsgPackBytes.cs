using System.Buffers.Binary;
using System.Text;

namespace TsBackup.Tests.Connectors.InfluxDb;

/// <summary>Writes msgpack for tests, in the forms the server uses and in those it does not.</summary>
internal sealed class MsgPackBytes
{
    private readonly MemoryStream _bytes = new();

    public byte[] ToArray() => _bytes.ToArray();

    public MsgPackBytes Map(int pairs) => Head(pairs, 0x80, 15, 0xde);

    public MsgPackBytes Array(int items) => Head(items, 0x90, 15, 0xdc);

    public MsgPackBytes Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    public MsgPackBytes Bytes(byte[] text)
    {
        if (text.Length <= 31)
            Raw([(byte)(0xa0 | text.Length)]);
        else if (text.Length <= 255)
            Raw([0xd9, (byte)text.Length]);
        else
            Number(0xda, text.Length, 2);
        return Raw(text);
    }

    public MsgPackBytes Nil() => Raw([0xc0]);

    public MsgPackBytes Flag(bool value) => Raw([value ? (byte)0xc3 : (byte)0xc2]);

    public MsgPackBytes Float(double value) => Number(0xcb, BitConverter.DoubleToInt64Bits(value), 8);

    public MsgPackBytes Integer(long value) => value switch
    {
        >= 0 and <= 127 => Raw([(byte)value]),
        >= -32 and < 0 => Raw([(byte)(sbyte)value]),
        >= sbyte.MinValue and <= sbyte.MaxValue => Number(0xd0, value, 1),
        >= short.MinValue and <= short.MaxValue => Number(0xd1, value, 2),
        >= int.MinValue and <= int.MaxValue => Number(0xd2, value, 4),
        _ => Number(0xd3, value, 8),
    };

    public MsgPackBytes Unsigned(ulong value) => value <= 127 ? Raw([(byte)value]) : Number(0xcf, (long)value, 8);

    public MsgPackBytes Raw(byte[] bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>The begin of a reply of one series, up to its rows; "partial" of the series is to follow them.</summary>
    public MsgPackBytes Series(int rows, params string[] columns) => Series(2, rows, columns);

    /// <summary>The same with a number of pairs in the result.</summary>
    public MsgPackBytes Series(int resultPairs, int rows, string[] columns)
    {
        Map(1).Text("results").Array(1).Map(resultPairs).Text("statement_id").Integer(0).Text("series").Array(1);
        Map(5).Text("name").Text("m").Text("tags").Map(1).Text("h").Text("a").Text("columns").Array(columns.Length);
        foreach (var column in columns)
            Text(column);
        return Text("values").Array(rows);
    }

    private MsgPackBytes Head(int count, int small, int most, byte large) =>
        count <= most ? Raw([(byte)(small | count)]) : Number(large, count, 2);

    private MsgPackBytes Number(byte code, long value, int width)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return Raw([code, .. bytes[(8 - width)..]]);
    }
}
