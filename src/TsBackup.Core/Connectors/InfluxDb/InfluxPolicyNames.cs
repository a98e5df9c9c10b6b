using System.Text;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>Gives retention policies other names in settings documents: in their own, and where statements name them.</summary>
internal static class InfluxPolicyNames
{
    // Words after which no retention policy is named until FROM, INTO or ON comes again.
    private static readonly HashSet<string> Ends = new(StringComparer.OrdinalIgnoreCase)
    {
        "SELECT", "WHERE", "GROUP", "ORDER", "FILL", "LIMIT", "BEGIN", "END", "RESAMPLE", "DESTINATIONS",
    };

    /// <summary>The documents with the new names.</summary>
    public static SettingsDocument Apply(SettingsDocument document, IReadOnlyDictionary<string, string> names)
    {
        if (names.Count == 0)
            return document;
        switch (document.Kind)
        {
            case InfluxRetentionPolicy.Kind:
                return document with { Name = names.GetValueOrDefault(document.Name, document.Name) };
            case InfluxSettingsReader.ContinuousQuery:
                return document with { Native = Apply(document.Native, names) };
            case InfluxSettingsReader.Subscription:
                var slash = document.Name.LastIndexOf('/');
                var policy = slash < 0 ? null : names.GetValueOrDefault(document.Name[..slash]);
                var name = policy is null ? document.Name : policy + document.Name[slash..];
                return document with { Name = name, Native = Apply(document.Native, names) };
            default:
                return document;
        }
    }

    /// <summary>
    /// The statement with the new names: the second of <c>database.policy</c> after ON; after FROM and INTO the first of
    /// <c>policy.measurement</c> and the second of <c>database.policy.measurement</c>.
    /// </summary>
    public static string Apply(string statement, IReadOnlyDictionary<string, string> names)
    {
        var moved = new StringBuilder(statement.Length + 16);
        var clause = "";
        for (var at = 0; at < statement.Length;)
        {
            var end = InfluxStatement.TokenEnd(statement, at);
            var token = statement[at..end];
            if (!InfluxStatement.IsName(token[0]))
            {
                moved.Append(token);
                at = end;
                continue;
            }
            var parts = Chain(statement, at);
            at = parts[^1].End.Value;
            if (parts.Count == 1 && (token.ToUpperInvariant() is "FROM" or "INTO" or "ON" || Ends.Contains(token)))
                clause = token.ToUpperInvariant();
            var policy = clause switch
            {
                "ON" when parts.Count == 2 => 1,
                "FROM" or "INTO" when parts.Count is 2 or 3 => parts.Count - 2,
                _ => -1,
            };
            for (var i = 0; i < parts.Count; i++)
            {
                var part = statement[parts[i]];
                var isMoved = i == policy && part.Length > 0 && names.ContainsKey(InfluxStatement.Unquote(part));
                moved.Append(i > 0 ? "." : "");
                moved.Append(isMoved ? InfluxQl.Name(names[InfluxStatement.Unquote(part)]) : part);
            }
        }
        return moved.ToString();
    }

    /// <summary>Names joined by dots, from the first on; a part is empty where two dots stand together.</summary>
    private static List<Range> Chain(string text, int start)
    {
        var parts = new List<Range>();
        for (var at = start; ;)
        {
            var end = at < text.Length && text[at] != '.' ? InfluxStatement.TokenEnd(text, at) : at;
            parts.Add(at..end);
            if (end >= text.Length || text[end] != '.')
                return parts;
            at = end + 1;
        }
    }
}
