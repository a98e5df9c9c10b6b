using System.Text;
using TsBackup.Connectors.LineProtocol;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// Keys of the files: <c>measurement,tag=value,…#!~#field</c>, names escaped as in line protocol but for the field. Splits them by
/// the rules with which the server loads its index: a comma or equals sign counts unless a backslash stands right before it.
/// </summary>
internal static class SeriesKey
{
    /// <summary>Stands between series and field.</summary>
    public static ReadOnlySpan<byte> Separator => "#!~#"u8;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Length of the series key within a key of a file.</summary>
    public static int SeriesLength(ReadOnlySpan<byte> key)
    {
        var at = key.IndexOf(Separator);
        return at > 0 ? at : throw new TsmDamage("a key has no series or no field");
    }

    /// <summary>Length of the escaped measurement within a series key.</summary>
    public static int MeasurementLength(ReadOnlySpan<byte> series) => Find(series, (byte)',');

    /// <summary>Takes the next tag off the front of a series key's part after the measurement's comma.</summary>
    /// <param name="rest">What is left; empty when there are no more.</param>
    /// <param name="name">The escaped tag key.</param>
    /// <param name="value">The escaped tag value.</param>
    public static bool NextTag(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = value = default;
        if (rest.IsEmpty)
            return false;
        var equals = Find(rest, (byte)'=');
        if (equals == 0 || equals == rest.Length)
            throw new TsmDamage("a series key has a tag without name or value");
        name = rest[..equals];
        rest = rest[(equals + 1)..];
        var comma = Find(rest, (byte)',');
        value = rest[..comma];
        rest = comma == rest.Length ? default : rest[(comma + 1)..];
        return true;
    }

    /// <summary>The bytes of a name as text.</summary>
    public static string Text(ReadOnlySpan<byte> name)
    {
        try
        {
            return Strict.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            throw new TsmDamage($"the name '{Encoding.UTF8.GetString(name)}' is not valid Unicode");
        }
    }

    /// <summary>The measurement's name.</summary>
    public static string Measurement(ReadOnlySpan<byte> escaped) => Text(LineProtocolSyntax.UnescapeMeasurement(escaped));

    private static int Find(ReadOnlySpan<byte> text, byte stop)
    {
        var from = 0;
        while (true)
        {
            var at = text[from..].IndexOf(stop);
            if (at < 0)
                return text.Length;
            at += from;
            if (at == 0 || text[at - 1] != (byte)'\\')
                return at;
            from = at + 1;
        }
    }
}
