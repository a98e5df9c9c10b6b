using System.IO.Enumeration;

namespace TsBackup.Model;

/// <summary>Which part of a store or a version is meant.</summary>
/// <param name="Include">
/// Wildcards (<c>*</c>, <c>?</c>) of tables; empty = all. A pattern with a slash is matched against <c>group/name</c> too.
/// </param>
/// <param name="Exclude">Wildcards of tables to leave out.</param>
/// <param name="Range">Times to take.</param>
/// <param name="Settings">Whether settings documents are taken.</param>
public sealed record Scope(IReadOnlyList<string> Include, IReadOnlyList<string> Exclude, TimeRange Range, bool Settings = true)
{
    /// <summary>Everything.</summary>
    public static readonly Scope All = new([], [], TimeRange.All);

    /// <summary>True when tables or times are limited.</summary>
    public bool IsPartial => Include.Count > 0 || Exclude.Count > 0 || Range != TimeRange.All;

    /// <summary>True when the table is meant.</summary>
    public bool Covers(TableId table) =>
        (Include.Count == 0 || Include.Any(pattern => Matches(pattern, table))) && !Exclude.Any(pattern => Matches(pattern, table));

    private static bool Matches(string pattern, TableId table) =>
        FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), table.Name, ignoreCase: false)
        || (pattern.Contains('/', StringComparison.Ordinal)
            && FileSystemName.MatchesSimpleExpression(
                pattern.Replace("\\", "\\\\", StringComparison.Ordinal), table.ToString(), ignoreCase: false));
}
