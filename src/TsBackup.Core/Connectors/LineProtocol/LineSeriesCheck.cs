using System.Text.Unicode;

namespace TsBackup.Connectors.LineProtocol;

/// <summary>Checks the part of a line before its fields and brings its tags into one order.</summary>
internal static class LineSeriesCheck
{
    /// <summary>
    /// Finds the end of the series at the start of a line: the index of the space after it. −1 when the line has no such space.
    /// </summary>
    public static int EndOf(ReadOnlySpan<byte> line)
    {
        var end = LineSeries.PartEnd(line, 0, (byte)' ');
        return end == line.Length ? -1 : end;
    }

    /// <summary>
    /// Checks an escaped series and gives it with its tags in order of their escaped keys; the same array as a span copy when they
    /// are in order already.
    /// </summary>
    /// <param name="raw">The series as the line has it.</param>
    /// <param name="canonical">The series with ordered tags.</param>
    /// <returns>What is wrong with it, as the end of a sentence; null when nothing is.</returns>
    public static string? Normalize(ReadOnlySpan<byte> raw, out byte[] canonical)
    {
        canonical = [];
        var end = LineSeries.PartEnd(raw, 0, (byte)',');
        if (end == 0)
            return "has no measurement";
        if (!Utf8.IsValid(raw[..end]))
            return "has a measurement that is not valid UTF-8";
        var tags = new List<Range>();
        var ordered = true;
        for (var at = end; at < raw.Length;)
        {
            var fault = NextTag(raw, ref at, out var keyRange, out var tagRange);
            if (fault is not null)
                return fault;
            if (tags.Count > 0)
            {
                var order = KeyOf(raw, tags[^1]).SequenceCompareTo(raw[keyRange]);
                if (order == 0)
                    return "has a tag twice";
                ordered &= order < 0;
            }
            tags.Add(tagRange);
        }
        canonical = raw.ToArray();
        return ordered ? null : Sort(raw, end, tags, canonical);
    }

    private static string? NextTag(ReadOnlySpan<byte> raw, ref int at, out Range key, out Range tag)
    {
        var start = at + 1;
        var equals = LineSeries.PartEnd(raw, start, (byte)'=');
        var comma = LineSeries.PartEnd(raw, start, (byte)',');
        key = tag = default;
        if (equals >= comma)
            return "has a tag without a value";
        if (equals == start)
            return "has a tag without a key";
        if (comma == equals + 1)
            return "has a tag with an empty value";
        if (LineSeries.PartEnd(raw, equals + 1, (byte)'=') < comma)
            return "has a tag value with an equals sign that is not escaped";
        if (!Utf8.IsValid(raw[start..equals]))
            return "has a tag key that is not valid UTF-8";
        key = start..equals;
        tag = start..comma;
        at = comma;
        return null;
    }

    private static string? Sort(ReadOnlySpan<byte> raw, int end, List<Range> tags, byte[] canonical)
    {
        var copy = raw.ToArray();
        tags.Sort((a, b) => KeyOf(copy, a).SequenceCompareTo(KeyOf(copy, b)));
        var length = end;
        for (var i = 0; i < tags.Count; i++)
        {
            if (i > 0 && KeyOf(copy, tags[i - 1]).SequenceEqual(KeyOf(copy, tags[i])))
                return "has a tag twice";
            canonical[length++] = (byte)',';
            var tag = copy.AsSpan(tags[i]);
            tag.CopyTo(canonical.AsSpan(length));
            length += tag.Length;
        }
        return null;
    }

    private static ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> raw, Range tag)
    {
        var text = raw[tag];
        return text[..LineSeries.PartEnd(text, 0, (byte)'=')];
    }
}
