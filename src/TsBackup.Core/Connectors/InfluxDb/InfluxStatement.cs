using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>Moves stored statements to a database of another name.</summary>
internal static class InfluxStatement
{
    /// <summary>The database a settings document was read from; null when it does not say.</summary>
    public static string? DatabaseOf(SettingsDocument document)
    {
        try
        {
            return (string?)JsonNode.Parse(document.Readable)?["database"];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>
    /// Replaces a database's name where it stands as one: after ON, and as the first of names joined by dots. Texts, regular
    /// expressions' neighbours and names of other things stay.
    /// </summary>
    public static string Rename(string statement, string from, string to)
    {
        if (from == to)
            return statement;
        var moved = new StringBuilder(statement.Length + 16);
        var lastWord = "";
        var afterDot = false;
        for (var at = 0; at < statement.Length;)
        {
            var end = TokenEnd(statement, at);
            var token = statement[at..end];
            if (IsName(token[0]))
            {
                var isDatabase = !afterDot && Unquote(token) == from
                    && (lastWord.Equals("ON", StringComparison.OrdinalIgnoreCase) || (end < statement.Length && statement[end] == '.'));
                moved.Append(isDatabase ? InfluxQl.Name(to) : token);
                lastWord = token;
            }
            else
            {
                moved.Append(token);
            }
            afterDot = token == ".";
            at = end;
        }
        return moved.ToString();
    }

    internal static bool IsName(char c) => c is '"' or '_' || char.IsLetter(c);

    internal static int TokenEnd(string text, int start)
    {
        var c = text[start];
        if (c is '"' or '\'' || (c == '/' && StartsRegex(text, start)))
        {
            for (var at = start + 1; at < text.Length; at++)
            {
                if (text[at] == '\\')
                    at++;
                else if (text[at] == c)
                    return at + 1;
            }
            return text.Length;
        }
        if (!IsName(c) && !char.IsAsciiDigit(c))
            return start + 1;
        var end = start + 1;
        while (end < text.Length && (text[end] == '_' || char.IsLetterOrDigit(text[end])))
            end++;
        return end;
    }

    // A slash begins a regular expression after ~, a comma, a dot or FROM; elsewhere it divides.
    private static bool StartsRegex(string text, int at)
    {
        var before = text.AsSpan(0, at).TrimEnd();
        return before.Length == 0 || before[^1] is '~' or ',' or '.' or '(' || before.EndsWith("FROM", StringComparison.OrdinalIgnoreCase)
            || before.EndsWith("BY", StringComparison.OrdinalIgnoreCase) || before.EndsWith("SELECT", StringComparison.OrdinalIgnoreCase);
    }

    internal static string Unquote(string token)
    {
        if (token[0] != '"')
            return token;
        var name = new StringBuilder(token.Length);
        for (var at = 1; at < token.Length - 1; at++)
        {
            if (token[at] == '\\' && at + 1 < token.Length - 1)
            {
                at++;
                name.Append(token[at] == 'n' ? '\n' : token[at]);
            }
            else
            {
                name.Append(token[at]);
            }
        }
        return name.ToString();
    }
}
