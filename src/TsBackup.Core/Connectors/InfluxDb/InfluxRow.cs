using System.Text;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>A row of a small reply, such as that of a SHOW statement.</summary>
/// <param name="Series">Name of the series it stands in, often the measurement.</param>
/// <param name="Values">Values by column name: text, long, bool, double or null.</param>
internal sealed record InfluxRow(string Series, IReadOnlyDictionary<string, object?> Values)
{
    /// <summary>A column's text; empty when it is absent.</summary>
    public string Text(string column) => Values.GetValueOrDefault(column)?.ToString() ?? "";

    /// <summary>A column's integer; 0 when it is absent.</summary>
    public long Integer(string column) => Values.GetValueOrDefault(column) is long value ? value : 0;

    /// <summary>A column's truth; false when it is absent.</summary>
    public bool Flag(string column) => Values.GetValueOrDefault(column) is true;

    /// <summary>Takes the current row of a reply.</summary>
    public static InfluxRow From(InfluxReply reply)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (var i = 0; i < reply.Columns.Length; i++)
        {
            var value = reply.Row[i];
            values[reply.Columns[i]] = value.Kind switch
            {
                MsgPackKind.Boolean => value.Bits != 0,
                MsgPackKind.Int64 => value.Bits,
                MsgPackKind.Float64 => BitConverter.Int64BitsToDouble(value.Bits),
                MsgPackKind.Bytes => Encoding.UTF8.GetString(reply.Bytes(value)),
                _ => null,
            };
        }
        return new InfluxRow(Encoding.UTF8.GetString(reply.Name), values);
    }
}
