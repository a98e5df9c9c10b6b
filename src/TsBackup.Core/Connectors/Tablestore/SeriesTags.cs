using System.Text;
using TsBackup.Tablestore.Protocol;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// The text of tags, <c>["os=Ubuntu","region=hz"]</c>. Neither names nor values may hold a quotation mark and names no equals sign, so
/// nothing is escaped.
/// </summary>
internal static class SeriesTags
{
    /// <summary>Takes a text apart.</summary>
    /// <exception cref="TablestoreProtocolException">It is no such text.</exception>
    public static List<KeyValuePair<string, string>> Parse(string? text)
    {
        var tags = new List<KeyValuePair<string, string>>();
        if (string.IsNullOrEmpty(text) || text == "[]")
            return tags;
        if (text.Length < 4 || !text.StartsWith("[\"", StringComparison.Ordinal) || !text.EndsWith("\"]", StringComparison.Ordinal))
            throw Malformed(text);
        foreach (var tag in text[2..^2].Split("\",\"", StringSplitOptions.None))
        {
            var equals = tag.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw Malformed(text);
            tags.Add(new(tag[..equals], tag[(equals + 1)..]));
        }
        return tags;
    }

    /// <summary>The text of tags, sorted by name.</summary>
    public static string Format(IEnumerable<KeyValuePair<string, string>> tags)
    {
        var text = new StringBuilder("[");
        foreach (var (name, value) in tags.OrderBy(t => t.Key, StringComparer.Ordinal))
            text.Append(text.Length == 1 ? "\"" : ",\"").Append(name).Append('=').Append(value).Append('"');
        return text.Append(']').ToString();
    }

    private static TablestoreProtocolException Malformed(string text) =>
        TablestoreProtocolException.Malformed($"The tags '{(text.Length > 100 ? text[..100] + "…" : text)}' cannot be taken apart.");
}
