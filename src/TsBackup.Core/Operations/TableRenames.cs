using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>
/// New names of tables, given as <c>FROM=TO</c>; either side is a name or <c>group/name</c>. <c>FROM/=TO/</c> moves all tables of a group
/// that are not renamed by themselves, and the settings of that group with them.
/// </summary>
public sealed class TableRenames
{
    private readonly List<(string From, string To)> _pairs;

    private TableRenames(List<(string From, string To)> pairs)
    {
        _pairs = pairs;
        Groups = pairs.Where(pair => IsGroup(pair.From))
            .ToDictionary(pair => pair.From[..^1], pair => pair.To[..^1], StringComparer.Ordinal);
    }

    /// <summary>Every table keeps its name.</summary>
    public static TableRenames None { get; } = new([]);

    /// <summary>Groups that get another name as a whole, by their names in the version.</summary>
    public IReadOnlyDictionary<string, string> Groups { get; }

    /// <summary>Reads <c>FROM=TO</c> texts.</summary>
    /// <exception cref="TsBackupException">RenameInvalid.</exception>
    public static TableRenames Parse(IEnumerable<string> texts)
    {
        var pairs = new List<(string, string)>();
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == text.Length - 1)
                throw Invalid($"'{text}' is not a rename of the form FROM=TO.", text);
            var (from, to) = (text[..equals], text[(equals + 1)..]);
            if (IsGroup(from) != IsGroup(to))
                throw Invalid($"'{text}' renames a group to a table, or a table to a group.", text);
            pairs.Add((from, to));
        }
        var twice = pairs.GroupBy(pair => pair.Item1, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1);
        return twice is null ? new TableRenames(pairs) : throw Invalid($"'{twice.Key}' is renamed twice.", twice.Key);
    }

    /// <summary>The name in the target.</summary>
    public TableId Apply(TableId table)
    {
        foreach (var (from, to) in _pairs)
        {
            if (from == table.ToString())
                return Split(to, table.Group);
            if (from == table.Name)
                return Split(to, table.Group);
        }
        return Groups.TryGetValue(table.Group, out var group) ? table with { Group = group } : table;
    }

    /// <summary>Checks that every rename concerns a table and that no two tables get one name.</summary>
    /// <exception cref="TsBackupException">RenameInvalid.</exception>
    public void Check(IReadOnlyCollection<TableId> tables)
    {
        foreach (var (from, _) in _pairs)
        {
            if (!tables.Any(table => table.Name == from || table.ToString() == from || (IsGroup(from) && table.Group == from[..^1])))
                throw Invalid(
                    $"{(IsGroup(from) ? "No table of the group" : "No table")} '{from}' is restored, so it cannot be renamed.", from);
        }
        var clash = tables.GroupBy(Apply).FirstOrDefault(group => group.Count() > 1);
        if (clash is not null)
            throw Invalid($"The tables {string.Join(" and ", clash)} would both become {clash.Key}.", clash.Key.ToString());
    }

    private static TsBackupException Invalid(string message, string target) =>
        new(
            ErrorId.RenameInvalid,
            message,
            target,
            "Write renames as FROM=TO, or FROM/=TO/ for a whole group, "
            + "with the names that Get-BackupContent or 'tsbackup contents' shows.");

    // A name may end with a slash only after a group, where it is no name of a table that a store takes.
    private static bool IsGroup(string name) => name.Length > 1 && name.IndexOf('/', StringComparison.Ordinal) == name.Length - 1;

    private static TableId Split(string name, string group)
    {
        // A slash separates the group only where the table has one; elsewhere it belongs to the name.
        var slash = group.Length == 0 ? -1 : name.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? new TableId(group, name) : new TableId(name[..slash], name[(slash + 1)..]);
    }
}
