using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>Writes a scope as one line, the same for the same scope.</summary>
internal static class ScopeText
{
    public static string Format(Scope scope)
    {
        if (!scope.IsPartial && scope.Settings)
            return "all";
        var parts = new List<string>();
        if (scope.Include.Count > 0)
            parts.Add("tables " + string.Join(",", scope.Include.Order(StringComparer.Ordinal)));
        if (scope.Exclude.Count > 0)
            parts.Add("without " + string.Join(",", scope.Exclude.Order(StringComparer.Ordinal)));
        if (scope.Range != TimeRange.All)
            parts.Add("from " + scope.Range);
        if (!scope.Settings)
            parts.Add("no settings");
        return string.Join("; ", parts);
    }
}
