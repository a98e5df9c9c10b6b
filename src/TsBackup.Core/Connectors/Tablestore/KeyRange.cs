using System.Globalization;
using System.Text;
using TsBackup.Errors;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// A range of primary keys, lower bound included and upper bound not, and its text: the partition of a slice. The text is
/// <c>lower..upper</c>, each bound its values joined by commas: <c>min</c>, <c>max</c>, <c>i:42</c>, <c>s:text</c> with everything
/// unusual percent-escaped, <c>x:hex</c> for a string that is not UTF-8, <c>b:hex</c> for bytes. It stands for itself: a slice can be
/// read again years later, in another table of the same keys.
/// </summary>
internal sealed record KeyRange(IReadOnlyList<PlainValue> Lower, IReadOnlyList<PlainValue> Upper)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Every key of that many columns.</summary>
    public static KeyRange All(int columns) =>
        new([.. Enumerable.Repeat(PlainValue.Minimum, columns)], [.. Enumerable.Repeat(PlainValue.Maximum, columns)]);

    /// <summary>Cuts all keys at points; a point that leaves out trailing columns means their minimum.</summary>
    public static IReadOnlyList<KeyRange> Cut(IReadOnlyList<ReadOnlyMemory<byte>> points, IReadOnlyList<PrimaryKeySchema> keys)
    {
        var all = All(keys.Count);
        var ranges = new List<KeyRange>();
        var lower = all.Lower;
        foreach (var point in points)
        {
            var row = PlainBufferReader.ReadSingle(point);
            if (row is null || row.Keys.Count > keys.Count)
                throw TablestoreProtocolException.Malformed("A split point does not have the table's keys.");
            var bound = new PlainValue[keys.Count];
            for (var i = 0; i < bound.Length; i++)
                bound[i] = i < row.Keys.Count ? row.ValueOf(row.Keys[i]) : PlainValue.Minimum;
            ranges.Add(new KeyRange(lower, bound));
            lower = bound;
        }
        ranges.Add(new KeyRange(lower, all.Upper));
        return ranges;
    }

    /// <summary>Reads a text; the empty text means all keys.</summary>
    /// <exception cref="TsBackupException">ArgumentInvalid when it is no such text or has another number of columns.</exception>
    public static KeyRange Parse(string text, int columns, string table)
    {
        if (text.Length == 0)
            return All(columns);
        var middle = text.IndexOf("..", StringComparison.Ordinal);
        if (middle < 0)
            throw Invalid(text, table);
        var lower = ParseBound(text[..middle], text, table);
        var upper = ParseBound(text[(middle + 2)..], text, table);
        return lower.Length == columns && upper.Length == columns ? new KeyRange(lower, upper) : throw Invalid(text, table);
    }

    /// <summary>A bound as the protocol carries it.</summary>
    public static ReadOnlyMemory<byte> ToBlob(IReadOnlyList<PlainValue> bound, IReadOnlyList<PrimaryKeySchema> keys)
    {
        var writer = new PlainBufferWriter();
        writer.BeginRow();
        for (var i = 0; i < bound.Count; i++)
            writer.Key(keys[i].Name!, bound[i]);
        writer.EndRow();
        return writer.ToArray();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{string.Join(',', Lower.Select(ToText))}..{string.Join(',', Upper.Select(ToText))}";

    private static string ToText(PlainValue value) => value.Type switch
    {
        PlainType.Minimum => "min",
        PlainType.Maximum => "max",
        PlainType.Integer => "i:" + value.Bits.ToString(CultureInfo.InvariantCulture),
        PlainType.String => StringText(value.Bytes.Span),
        _ => "b:" + Convert.ToHexStringLower(value.Bytes.Span),
    };

    private static string StringText(ReadOnlySpan<byte> utf8)
    {
        try
        {
            // Dots and commas part the text, so they are escaped although URIs would let them stand.
            return "s:" + Uri.EscapeDataString(Strict.GetString(utf8)).Replace(".", "%2E", StringComparison.Ordinal);
        }
        catch (DecoderFallbackException)
        {
            return "x:" + Convert.ToHexStringLower(utf8);
        }
    }

    private static PlainValue[] ParseBound(string bound, string text, string table)
    {
        var parts = bound.Split(',');
        var values = new PlainValue[parts.Length];
        for (var i = 0; i < parts.Length; i++)
            values[i] = ParseValue(parts[i], text, table);
        return values;
    }

    private static PlainValue ParseValue(string part, string text, string table)
    {
        if (part == "min")
            return PlainValue.Minimum;
        if (part == "max")
            return PlainValue.Maximum;
        try
        {
            var content = part.Length > 2 ? part[2..] : "";
            return part.AsSpan(0, Math.Min(2, part.Length)) switch
            {
                "i:" => PlainValue.Of(long.Parse(content, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)),
                "s:" => PlainValue.Of(Uri.UnescapeDataString(content)),
                "x:" => new PlainValue(PlainType.String, 0, Convert.FromHexString(content)),
                "b:" => PlainValue.Of(Convert.FromHexString(content)),
                _ => throw Invalid(text, table),
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw Invalid(text, table);
        }
    }

    private static TsBackupException Invalid(string text, string table) =>
        new(ErrorId.ArgumentInvalid, $"'{text}' is no key range of table '{table}'.", table);
}
