using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>
/// Cuts the files of a store into slices and groups. A slice is a table and a window of days; windows are as short as the table's rows
/// per day justify. Files that hold rows of one slice form a group, because the same row may stand in several of them.
/// </summary>
internal sealed class FilePlan
{
    private const int FewWindows = 64;
    private const long RowsWorthAWindow = 2000;

    private readonly IReadOnlyList<FileIndex> _files;
    private readonly Dictionary<TableId, int> _windowLengths = [];
    private readonly int[] _parents;

    private FilePlan(IReadOnlyList<FileIndex> files)
    {
        _files = files;
        _parents = [.. Enumerable.Range(0, files.Count)];
        var tables = files
            .SelectMany(file => file.Tables, (file, table) => (Id: new TableId(file.File.Group, table.Key), table.Value))
            .GroupBy(table => table.Id, table => table.Value);
        foreach (var table in tables)
            _windowLengths[table.Key] = WindowLength([.. table]);
    }

    /// <summary>Makes the groups of a scope.</summary>
    public static IReadOnlyList<SliceGroup> Make(IReadOnlyList<FileIndex> files, Scope scope, long unit)
    {
        var plan = new FilePlan(files);
        plan.JoinOverlapping();
        return plan.Groups(scope, unit);
    }

    private static int WindowLength(List<TableIndex> parts)
    {
        var days = parts.SelectMany(part => part.Days.Keys).ToHashSet();
        var rows = parts.Sum(part => part.Rows);
        foreach (var length in Day.WindowLengths)
        {
            if (parts.Exists(part => length != 0 && (part.WindowLength == 0 || length < part.WindowLength)))
                continue;
            var windows = length <= 1 ? days.Count : days.Select(day => Day.WindowStart(day, length)).Distinct().Count();
            if (length == 0 || windows <= FewWindows || rows / windows >= RowsWorthAWindow)
                return length;
        }
        return 0;
    }

    private IEnumerable<(TableId Table, long Start, int Length)> WindowsOf(FileIndex file)
    {
        foreach (var (name, table) in file.Tables)
        {
            var id = new TableId(file.File.Group, name);
            var length = _windowLengths[id];
            foreach (var start in table.Days.Keys.Select(day => Day.WindowStart(day, length)).Distinct())
                yield return (id, start, length);
        }
    }

    private void JoinOverlapping()
    {
        var holders = new Dictionary<(TableId, long, int), int>();
        for (var i = 0; i < _files.Count; i++)
        {
            foreach (var window in WindowsOf(_files[i]))
            {
                if (!holders.TryAdd(window, i))
                    _parents[Root(i)] = Root(holders[window]);
            }
        }
    }

    private int Root(int file)
    {
        while (_parents[file] != file)
        {
            _parents[file] = _parents[_parents[file]];
            file = _parents[file];
        }
        return file;
    }

    private List<SliceGroup> Groups(Scope scope, long unit)
    {
        var groups = new List<SliceGroup>();
        foreach (var members in Enumerable.Range(0, _files.Count).GroupBy(Root, i => _files[i]))
        {
            var files = members.ToArray();
            var slices = files.SelectMany(WindowsOf).Distinct()
                .Select(window => new Slice(window.Table, Day.Window(window.Start, window.Length).Intersect(scope.Range)))
                .Where(slice => scope.Covers(slice.Table) && !slice.Window.IsEmpty)
                .OrderBy(slice => slice.Table).ThenBy(slice => slice.Window.First)
                .ToList();
            var damaged = files.FirstOrDefault(file => file.Error is not null);
            if (damaged is not null && slices.Count == 0)
                slices.Add(new Slice(new TableId(damaged.File.Group, damaged.File.Name), scope.Range, damaged.File.Name));
            if (slices.Count == 0)
                continue;
            groups.Add(new SliceGroup(
                files.Min(file => file.File.Name)!,
                slices,
                damaged is null ? Fingerprint(files, unit) : null,
                files.Sum(file => file.Rows),
                files.Sum(file => file.File.Size))
            {
                Token = new FileGroupToken(files),
            });
        }
        groups.Sort(static (a, b) => string.CompareOrdinal(a.Id, b.Id));
        return groups;
    }

    private static string Fingerprint(FileIndex[] files, long unit)
    {
        var text = new StringBuilder("1 ").Append(unit.ToString(CultureInfo.InvariantCulture));
        foreach (var file in files.Select(file => file.File))
            text.Append('\n').Append(CultureInfo.InvariantCulture, $"{file.Size} {file.Modified} {file.Guard} {file.Name}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 16));
    }
}

/// <summary>What a planned group keeps for its reading: the files in order of precedence.</summary>
internal sealed record FileGroupToken(IReadOnlyList<FileIndex> Files);
