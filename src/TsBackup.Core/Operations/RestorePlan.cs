using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>A slice to restore: what stands in the version, what it is called in the target, how many of its rows are wanted.</summary>
internal sealed record PlannedSlice(SliceEntry Entry, Slice Target, long Rows, bool IsWhole);

/// <summary>A table to restore.</summary>
internal sealed class PlannedTable(TableId source, TableId target)
{
    public TableId Source => source;

    public TableId Target => target;

    public bool Skipped { get; set; }

    /// <summary>The target held rows in the range before, and they stay.</summary>
    public bool Merges { get; set; }

    public long Rows { get; set; }
}

/// <summary>What a restore will do, with exact counts.</summary>
internal sealed class RestorePlan
{
    public required Catalog Catalog { get; init; }

    public required IReadOnlyDictionary<TableId, PlannedTable> Tables { get; init; }

    public required IReadOnlyList<(string GroupId, List<PlannedSlice> Slices)> Groups { get; init; }

    public static async Task<RestorePlan> MakeAsync(
        RestoreRequest request, VersionContent content, BlockSource source, Problems problems, CancellationToken cancellation)
    {
        var scope = request.Scope;
        bool IsWanted(SliceEntry s) =>
            s.IsComplete && scope.Covers(s.Slice.Table) && (s.Summary.Rows == 0 || scope.Range.Overlaps(Bounds(s)));
        CheckScope(content, scope);
        var ids = content.Slices.Where(IsWanted).Select(s => s.Slice.Table).Distinct().ToArray();
        request.Renames.Check(ids);
        var tables = ids.ToDictionary(id => id, id => new PlannedTable(id, request.Renames.Apply(id)));
        var groups = new List<(string, List<PlannedSlice>)>();
        foreach (var group in content.Groups)
        {
            var slices = new List<PlannedSlice>();
            foreach (var entry in group.Slices.Where(IsWanted))
            {
                var slice = await PlanSliceAsync(request, entry, source, problems, cancellation).ConfigureAwait(false);
                tables[entry.Slice.Table].Rows += slice.Rows;
                slices.Add(slice);
            }
            if (slices.Count > 0)
                groups.Add((group.Id, slices));
        }
        return new RestorePlan { Catalog = Rename(content.Catalog, request), Tables = tables, Groups = groups };
    }

    /// <summary>Looks at the target and settles what happens to each table.</summary>
    /// <exception cref="TsBackupException">TargetExists, CapabilityMissing.</exception>
    public async Task ResolveConflictsAsync(RestoreRequest request, CancellationToken cancellation)
    {
        var occupied = await FindOccupiedAsync(request, cancellation).ConfigureAwait(false);
        if (occupied.Count == 0)
            return;
        switch (request.OnConflict)
        {
            case OnConflict.Fail:
                throw new TsBackupException(
                    ErrorId.TargetExists,
                    $"{request.Target.Address} already holds rows of {string.Join(", ", occupied.Take(5).Select(t => t.Target))}"
                    + (occupied.Count > 5 ? $" and {occupied.Count - 5} more tables." : "."),
                    request.Target.Address.ToString(),
                    "Choose another target, rename tables, or say with OnConflict what is to happen: Skip, Overwrite or Merge.");
            case OnConflict.Overwrite when !request.Target.Capabilities.Deletes:
                throw new TsBackupException(
                    ErrorId.CapabilityMissing,
                    $"Rows cannot be deleted in {request.Target.Address}.",
                    request.Target.Address.ToString(),
                    "Use OnConflict Merge.");
        }
        foreach (var table in occupied)
        {
            table.Skipped = request.OnConflict == OnConflict.Skip;
            table.Merges = request.OnConflict == OnConflict.Merge;
        }
        if (request.OnConflict != OnConflict.Overwrite)
            return;
        TableId[] gone = [.. occupied.Select(table => table.Target)];
        await (request.PlanOnly
            ? request.Target.CheckDeleteAsync(gone, request.Scope.Range, cancellation)
            : request.Target.DeleteRowsAsync(gone, request.Scope.Range, cancellation)).ConfigureAwait(false);
    }

    private async Task<List<PlannedTable>> FindOccupiedAsync(RestoreRequest request, CancellationToken cancellation)
    {
        PlannedTable[] tables = [.. Tables.Values];
        var hasRows = new bool[tables.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = request.Parallelism, CancellationToken = cancellation };
        await Parallel.ForAsync(
            0,
            tables.Length,
            options,
            async (i, token) => hasRows[i] = await request.Target
                .HasRowsAsync(tables[i].Target, request.Scope.Range, token).ConfigureAwait(false)).ConfigureAwait(false);
        return [.. tables.Where((_, i) => hasRows[i])];
    }

    private static TimeRange Bounds(SliceEntry entry) => new(entry.Summary.First, entry.Summary.Last);

    private static void CheckScope(VersionContent content, Scope scope)
    {
        foreach (var pattern in scope.Include)
        {
            if (!content.Slices.Any(s => new Scope([pattern], [], TimeRange.All).Covers(s.Slice.Table)))
            {
                throw new TsBackupException(
                    ErrorId.ScopeEmpty,
                    $"No table of the version matches '{pattern}'.",
                    pattern,
                    "List its tables with Get-BackupContent or 'tsbackup contents'.");
            }
        }
    }

    private static async Task<PlannedSlice> PlanSliceAsync(
        RestoreRequest request, SliceEntry entry, BlockSource source, Problems problems, CancellationToken cancellation)
    {
        var range = request.Scope.Range;
        var target = new Slice(request.Renames.Apply(entry.Slice.Table), entry.Slice.Window.Intersect(range), entry.Slice.Partition);
        if (range.Contains(Bounds(entry)) || entry.Summary.Rows == 0)
            return new PlannedSlice(entry, target, entry.Summary.Rows, true);
        long rows = 0;
        for (var i = 0; i < entry.Blocks.Count; i++)
        {
            var block = entry.Blocks[i];
            var bounds = new TimeRange(block.First, block.Last);
            if (range.Contains(bounds))
                rows += block.Rows;
            else if (range.Overlaps(bounds))
                rows += await CountAsync(source, entry, i, range, problems, cancellation).ConfigureAwait(false);
        }
        return new PlannedSlice(entry, target, rows, false);
    }

    private static async Task<long> CountAsync(
        BlockSource source, SliceEntry entry, int index, TimeRange range, Problems problems, CancellationToken cancellation)
    {
        try
        {
            using var batch = await source.ReadAsync(entry, index, static _ => { }, cancellation).ConfigureAwait(false);
            return BatchClip.Count(batch, range);
        }
        catch (TsBackupException e) when (BlockSource.IsLoss(e))
        {
            // Nobody can say which of its rows were wanted, so all count as wanted and as failed.
            problems.Add(ErrorId.BlockDamaged,
                $"A damaged block of {entry.Slice} lies on the border of the time range; all its rows are counted.", "", entry.Slice);
            return entry.Blocks[index].Rows;
        }
    }

    private static bool IsWanted(SettingsDocument document, RestoreRequest request) => document.Table is { } table
        ? request.Scope.Covers(table)
        : !request.Scope.IsPartial || !request.Target.Capabilities.WholeStoreKinds.Contains(document.Kind);

    private static Catalog Rename(Catalog catalog, RestoreRequest request)
    {
        var scope = request.Scope;
        return catalog with
        {
            Tables = [.. catalog.Tables.Where(t => scope.Covers(t.Id)).Select(t => t with { Id = request.Renames.Apply(t.Id) })],
            Settings = scope.Settings
                ? [.. catalog.Settings.Where(s => IsWanted(s, request)).Select(
                    s => s.Table is { } t ? s with { Table = request.Renames.Apply(t) } : s)]
                : [],
        };
    }
}
