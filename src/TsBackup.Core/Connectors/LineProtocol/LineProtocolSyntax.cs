using System.Buffers;
using System.Text;

namespace TsBackup.Connectors.LineProtocol;

/// <summary>
/// What InfluxDB 1.x line protocol can say, and how. The rules are those of the server's own parser (models/points.go, checked against
/// 1.6.7), which differ from the written reference: a backslash escapes only before a character that is special at its place, cannot
/// itself be escaped in names, and therefore cannot end one.
/// </summary>
internal static class LineProtocolSyntax
{
    public const byte Backslash = (byte)'\\';

    private static readonly SearchValues<byte> MeasurementSpecials = SearchValues.Create(", "u8);
    private static readonly SearchValues<byte> TagSpecials = SearchValues.Create(", ="u8);
    private static readonly SearchValues<byte> FieldKeySpecials = SearchValues.Create(", =\""u8);

    /// <summary>The measurement's bytes in a line; null, with the reason, when line protocol cannot say it.</summary>
    public static byte[]? Measurement(string name, out string reason)
    {
        var bytes = Bytes(name, "measurement name", out reason);
        if (reason.Length == 0 && bytes[0] is (byte)'#' or (byte)'\t' or 0)
            reason = "A measurement name that starts with '#', a tab or a zero byte cannot be said in line protocol.";
        return reason.Length == 0 ? Escape(bytes, MeasurementSpecials) : null;
    }

    /// <summary>A tag key's bytes in a line; null, with the reason, when line protocol cannot say it.</summary>
    public static byte[]? TagKey(string name, out string reason)
    {
        var bytes = Bytes(name, "tag key", out reason);
        return reason.Length == 0 ? Escape(bytes, TagSpecials) : null;
    }

    /// <summary>A field key's bytes in a line; null, with the reason, when line protocol cannot say it.</summary>
    public static byte[]? FieldKey(string name, out string reason)
    {
        var bytes = Bytes(name, "field key", out reason);
        if (reason.Length != 0)
            return null;
        if (bytes[0] is (byte)'\t' or 0)
            reason = "A field key that starts with a tab or a zero byte cannot be said in line protocol.";
        else if (HasOddBackslashesBefore(bytes, TagSpecials))
            reason = "A field key with a backslash before a comma, space or equals sign cannot be said in line protocol.";
        if (reason.Length != 0)
            return null;

        // A quote needs its backslash only where another backslash stands before it, which the server would take for the escape.
        return Escape(bytes, bytes.AsSpan().IndexOf("\\\""u8) >= 0 ? FieldKeySpecials : TagSpecials);
    }

    /// <summary>Why a tag value cannot be said in line protocol; empty when it can.</summary>
    public static string TagValueFault(ReadOnlySpan<byte> value) => NameFault(value, "tag value");

    /// <summary>Appends a tag value that has no fault.</summary>
    public static void AppendTagValue(ReadOnlySpan<byte> value, IBufferWriter<byte> output) => Append(value, TagSpecials, output);

    /// <summary>
    /// True when an escaped name holds a backslash that stands before an escaping one. The server's two passes, which find the line's
    /// end and its parts, count such backslashes differently.
    /// </summary>
    public static bool IsFragile(ReadOnlySpan<byte> escaped) => escaped.IndexOf("\\\\"u8) >= 0;

    /// <summary>
    /// Where the server's first pass sees the end of the line that starts <paramref name="text"/>: the index of the newline that
    /// ends it, or the length of the text.
    /// </summary>
    public static int ServerLineEnd(ReadOnlySpan<byte> text)
    {
        var quoted = false;
        var fields = false;
        var equals = 0;
        var commas = 0;
        var i = 0;
        while (i < text.Length)
        {
            var c = text[i];
            if (c == Backslash && i + 2 < text.Length)
            {
                i += 2;
                continue;
            }
            fields |= c == ' ';
            if (c == '\n' && !quoted)
                break;
            if (fields && !quoted && c == '=')
                equals++;
            else if (fields && !quoted && c == ',')
                commas++;
            else if (fields && c == '"' && equals > commas)
                quoted = !quoted;
            i++;
        }
        return i;
    }

    /// <summary>Takes the backslashes out of a measurement.</summary>
    public static byte[] UnescapeMeasurement(ReadOnlySpan<byte> escaped) => Unescape(escaped, MeasurementSpecials);

    /// <summary>Takes the backslashes out of a tag key or value.</summary>
    public static byte[] UnescapeTag(ReadOnlySpan<byte> escaped) => Unescape(escaped, TagSpecials);

    /// <summary>The same into a buffer; returns the number of bytes.</summary>
    public static int UnescapeTag(ReadOnlySpan<byte> escaped, IBufferWriter<byte> target)
    {
        var length = Unescape(escaped, TagSpecials, target.GetSpan(escaped.Length));
        target.Advance(length);
        return length;
    }

    /// <summary>Takes the backslashes out of a field key.</summary>
    public static byte[] UnescapeFieldKey(ReadOnlySpan<byte> escaped) => Unescape(escaped, FieldKeySpecials);

    private static byte[] Bytes(string name, string what, out string reason)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        reason = NameFault(bytes, what);
        if (reason.Length == 0 && Encoding.UTF8.GetString(bytes) != name)
            reason = $"A {what} that is not valid Unicode cannot be said in line protocol.";
        return bytes;
    }

    private static string NameFault(ReadOnlySpan<byte> bytes, string what)
    {
        if (bytes.Length == 0)
            return $"An empty {what} cannot be said in line protocol.";
        if (bytes[^1] == Backslash)
            return $"A {what} that ends with a backslash cannot be said in line protocol.";
        return bytes.Contains((byte)'\n') ? $"A {what} with a line break cannot be said in line protocol." : "";
    }

    private static bool HasOddBackslashesBefore(ReadOnlySpan<byte> bytes, SearchValues<byte> specials)
    {
        var run = 0;
        foreach (var c in bytes)
        {
            if ((run & 1) != 0 && specials.Contains(c))
                return true;
            run = c == Backslash ? run + 1 : 0;
        }
        return false;
    }

    private static byte[] Escape(ReadOnlySpan<byte> bytes, SearchValues<byte> specials)
    {
        if (bytes.IndexOfAny(specials) < 0)
            return bytes.ToArray();
        var output = new ArrayBufferWriter<byte>(bytes.Length * 2);
        Append(bytes, specials, output);
        return output.WrittenSpan.ToArray();
    }

    private static void Append(ReadOnlySpan<byte> bytes, SearchValues<byte> specials, IBufferWriter<byte> output)
    {
        while (true)
        {
            var at = bytes.IndexOfAny(specials);
            if (at < 0)
            {
                output.Write(bytes);
                return;
            }
            output.Write(bytes[..at]);
            output.Write([Backslash, bytes[at]]);
            bytes = bytes[(at + 1)..];
        }
    }

    private static byte[] Unescape(ReadOnlySpan<byte> escaped, SearchValues<byte> specials)
    {
        if (!escaped.Contains(Backslash))
            return escaped.ToArray();
        var result = new byte[escaped.Length];
        return result[..Unescape(escaped, specials, result)];
    }

    private static int Unescape(ReadOnlySpan<byte> escaped, SearchValues<byte> specials, Span<byte> target)
    {
        if (!escaped.Contains(Backslash))
        {
            escaped.CopyTo(target);
            return escaped.Length;
        }
        var length = 0;
        for (var i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] == Backslash && i + 1 < escaped.Length && specials.Contains(escaped[i + 1]))
                i++;
            target[length++] = escaped[i];
        }
        return length;
    }
}
