using System.Text;

namespace TsBackup.Connectors.LineProtocol;

/// <summary>A measurement with its tags, taken apart from the escaped form that lines begin with.</summary>
public sealed class LineSeries
{
    private LineSeries(string measurement, IReadOnlyList<KeyValuePair<string, byte[]>> tags)
    {
        Measurement = measurement;
        Tags = tags;
    }

    /// <summary>Unescaped name of the measurement.</summary>
    public string Measurement { get; }

    /// <summary>Unescaped tags in the order of the escaped form; values are the bytes of the file.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> Tags { get; }

    /// <summary>Takes a series apart that a <see cref="LineProtocolParser"/> has checked.</summary>
    public static LineSeries Parse(ReadOnlySpan<byte> series)
    {
        var end = PartEnd(series, 0, (byte)',');
        var measurement = Encoding.UTF8.GetString(LineProtocolSyntax.UnescapeMeasurement(series[..end]));
        var tags = new List<KeyValuePair<string, byte[]>>();
        while (end < series.Length)
        {
            var start = end + 1;
            var equals = PartEnd(series, start, (byte)'=');
            end = PartEnd(series, equals + 1, (byte)',');
            var key = Encoding.UTF8.GetString(LineProtocolSyntax.UnescapeTag(series[start..equals]));
            tags.Add(new(key, LineProtocolSyntax.UnescapeTag(series[(equals + 1)..end])));
        }
        return new LineSeries(measurement, tags);
    }

    /// <summary>The escaped measurement of an escaped series.</summary>
    public static ReadOnlySpan<byte> MeasurementOf(ReadOnlySpan<byte> series) => series[..PartEnd(series, 0, (byte)',')];

    /// <summary>Index of the next <paramref name="stop"/> that no backslash stands before; the length when there is none.</summary>
    internal static int PartEnd(ReadOnlySpan<byte> text, int start, byte stop)
    {
        var at = start;
        while (at < text.Length)
        {
            var next = text[at..].IndexOf(stop);
            if (next < 0)
                return text.Length;
            at += next;
            if (at == 0 || text[at - 1] != LineProtocolSyntax.Backslash)
                return at;
            at++;
        }
        return text.Length;
    }
}
