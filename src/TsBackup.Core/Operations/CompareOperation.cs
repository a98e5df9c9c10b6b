using TsBackup.Connectors;
using TsBackup.Model;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Says which slices differ, by their digests; no block is read.</summary>
public static class CompareOperation
{
    /// <summary>Compares two versions, of one repository or of two.</summary>
    public static async Task<IReadOnlyList<BackupDifference>> VersionsAsync(
        RepositoryConnection firstRepository,
        VersionHeader first,
        RepositoryConnection secondRepository,
        VersionHeader second,
        CancellationToken cancellation)
    {
        var before = await VersionReader.ReadAsync(firstRepository, first, cancellation).ConfigureAwait(false);
        var after = await VersionReader.ReadAsync(secondRepository, second, cancellation).ConfigureAwait(false);
        return Compare(Index(before), Index(after), first.Id, second.Id);
    }

    /// <summary>Compares a version with a live store: every slice of either is read from the store.</summary>
    public static async Task<IReadOnlyList<BackupDifference>> StoreAsync(
        RepositoryConnection repository,
        VersionHeader version,
        IConnector store,
        int parallelism,
        IOperationObserver observer,
        CancellationToken cancellation)
    {
        var content = await VersionReader.ReadAsync(repository, version, cancellation).ConfigureAwait(false);
        var catalog = await store.DescribeAsync(cancellation).ConfigureAwait(false);
        var known = content.Slices.Where(s => s.IsComplete).Select(s => s.Slice).ToHashSet();
        var groups = StoreComparison.GroupsOf(content, TimeRange.All, table => table);
        foreach (var group in await store.PlanAsync(catalog, Scope.All, cancellation).ConfigureAwait(false))
        {
            var added = group.Slices.Where(s => !Covered(s, known))
                .Select(s => new ExpectedSlice(s, new SliceSummary(0, 0, 0, 0, 0, SliceDigest.Empty))).ToList();
            if (added.Count > 0)
                groups.Add((group.Id, added));
        }
        var results = await StoreComparison.RunAsync(
            store, groups, parallelism, observer, TimeProvider.System, cancellation).ConfigureAwait(false);
        return [.. results.Where(r => !r.IsEqual).Select(r => ToDifference(r, version.Id, store.Address.ToString()))];
    }

    private static bool Covered(Slice slice, HashSet<Slice> known) =>
        known.Contains(slice)
            || known.Any(k => k.Table == slice.Table && k.Partition == slice.Partition && k.Window.Contains(slice.Window));

    private static BackupDifference ToDifference(ComparedSlice result, string reference, string difference)
    {
        var before = result.Expected.Summary.Rows;
        var kind = result.Error is not null ? BackupDifferenceKind.Unknown
            : before == 0 ? BackupDifferenceKind.Added
            : result.RowsFound == 0 ? BackupDifferenceKind.Removed
            : BackupDifferenceKind.Changed;
        return Make(result.Expected.Slice, kind, before, result.RowsFound, reference, difference, result.Error?.Message ?? "");
    }

    private static Dictionary<Slice, SliceEntry> Index(VersionContent content)
    {
        var index = new Dictionary<Slice, SliceEntry>();
        foreach (var slice in content.Slices)
            index[slice.Slice] = slice;
        return index;
    }

    private static List<BackupDifference> Compare(
        Dictionary<Slice, SliceEntry> before, Dictionary<Slice, SliceEntry> after, string reference, string difference)
    {
        var found = new List<BackupDifference>();
        var slices = before.Keys.Union(after.Keys)
            .OrderBy(s => s.Table).ThenBy(s => s.Window.First).ThenBy(s => s.Partition, StringComparer.Ordinal);
        foreach (var slice in slices)
        {
            var old = before.GetValueOrDefault(slice);
            var young = after.GetValueOrDefault(slice);
            if (old is { IsComplete: false } || young is { IsComplete: false })
            {
                var remark = old?.FailureMessage ?? young?.FailureMessage ?? "";
                found.Add(Make(slice, BackupDifferenceKind.Unknown, Rows(old), Rows(young), reference, difference, remark));
            }
            else if (Rows(old) != Rows(young) || old?.Summary.Digest != young?.Summary.Digest)
            {
                var kind = Rows(old) == 0 ? BackupDifferenceKind.Added
                    : Rows(young) == 0 ? BackupDifferenceKind.Removed
                    : BackupDifferenceKind.Changed;
                found.Add(Make(slice, kind, Rows(old), Rows(young), reference, difference, ""));
            }
        }
        return found;
    }

    private static long Rows(SliceEntry? entry) => entry?.Summary.Rows ?? 0;

    private static BackupDifference Make(
        Slice slice, BackupDifferenceKind kind, long before, long after, string reference, string difference, string remark) => new()
    {
        Table = slice.Table.ToString(),
        Start = slice.Window.First == long.MinValue ? null : TimeText.Format(slice.Window.First),
        End = slice.Window.Last == long.MaxValue ? null : TimeText.Format(slice.Window.Last),
        Kind = kind,
        RowsBefore = before,
        RowsAfter = after,
        Reference = reference,
        Difference = difference,
        Remark = remark,
    };
}
