using System.Globalization;
using TsBackup.Model;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Makes the objects that users see from what the repository holds.</summary>
internal static class VersionView
{
    public const string SlicesReusedProperty = "slices-reused";

    public static BackupVersion From(VersionHeader header, string location, IEnumerable<BackupTestSummary>? tests = null) => new()
    {
        VersionId = header.Id,
        Repository = location,
        Store = header.Store,
        Kind = header.Kind,
        State = header.State == VersionState.Complete ? BackupVersionState.Complete : BackupVersionState.Incomplete,
        Started = header.Started,
        Finished = header.Finished,
        Tags = header.Tags,
        Tables = header.Tables,
        Slices = header.Slices,
        SlicesReused = header.Properties.TryGetValue(SlicesReusedProperty, out var reused)
            && long.TryParse(reused, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0,
        Rows = header.Rows,
        Points = header.Points,
        First = header.Rows > 0 ? TimeText.Format(header.First) : null,
        Last = header.Rows > 0 ? TimeText.Format(header.Last) : null,
        BlockBytes = header.PlainBytes,
        StoredBytes = header.NewBytes,
        Scope = header.ScopeText,
        Reasons = header.Reasons,
        IsProtected = header.IsProtected,
        Removed = header.Removed,
        Tests = tests is null ? [] : [.. tests],
    };

    public static string Describe(ColumnSchema column) =>
        $"{column.Name} ({column.Role.ToString().ToLowerInvariant()}, {column.Type.ToString().ToLowerInvariant()})";

    public static BackupTable Table(IGrouping<TableId, SliceEntry> slices, VersionHeader header, string location, Catalog catalog)
    {
        var rows = slices.Where(s => s.Summary.Rows > 0).ToArray();
        var schema = catalog.Tables.FirstOrDefault(table => table.Id == slices.Key);
        return new BackupTable
        {
            VersionId = header.Id,
            Repository = location,
            Group = slices.Key.Group,
            Table = slices.Key.Name,
            Rows = rows.Sum(s => s.Summary.Rows),
            Points = rows.Sum(s => s.Summary.Points),
            Slices = rows.Length,
            First = rows.Length == 0 ? null : TimeText.Format(rows.Min(s => s.Summary.First)),
            Last = rows.Length == 0 ? null : TimeText.Format(rows.Max(s => s.Summary.Last)),
            BlockBytes = rows.Sum(s => s.Blocks.Sum(b => (long)b.Bytes)),
            Digest = rows.Aggregate(SliceDigest.Empty, (sum, s) => sum + s.Summary.Digest).ToString(),
            ChangesFound = schema?.ChangesFound,
            Columns = schema is null ? [] : [.. schema.Columns.Select(Describe)],
        };
    }
}
