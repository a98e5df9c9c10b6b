using System.Collections.Concurrent;
using System.Globalization;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>A slice as it should be found in a store.</summary>
internal sealed record ExpectedSlice(Slice Slice, SliceSummary Summary);

/// <summary>A slice compared with a store.</summary>
internal sealed record ComparedSlice(ExpectedSlice Expected, SliceSummary? Found, TsBackupException? Error)
{
    public bool IsEqual => Found is { } found && found.Digest == Expected.Summary.Digest && found.Rows == Expected.Summary.Rows;

    public long RowsFound => Found?.Rows ?? 0;

    public string Sentence(string store) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Expected.Slice} has {RowsFound} rows in {store} that differ from the {Expected.Summary.Rows} of the version.");
}

/// <summary>Reads slices back from a store and compares their digests.</summary>
internal static class StoreComparison
{
    /// <summary>The complete slices of a version, grouped as they were read; windows clipped, tables renamed.</summary>
    public static List<(string GroupId, List<ExpectedSlice> Slices)> GroupsOf(
        VersionContent content, TimeRange range, Func<TableId, TableId> rename)
    {
        var groups = new List<(string, List<ExpectedSlice>)>();
        foreach (var group in content.Groups)
        {
            var slices = group.Slices
                .Where(s => s.IsComplete && range.Contains(s.Slice.Window))
                .Select(s => new ExpectedSlice(s.Slice with { Table = rename(s.Slice.Table) }, s.Summary))
                .ToList();
            if (slices.Count > 0)
                groups.Add((group.Id, slices));
        }
        return groups;
    }

    public static async Task<IReadOnlyList<ComparedSlice>> RunAsync(
        IConnector store,
        IReadOnlyList<(string GroupId, List<ExpectedSlice> Slices)> groups,
        int parallelism,
        IOperationObserver observer,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        var results = new ConcurrentQueue<ComparedSlice>();
        var meter = new ProgressMeter($"Comparing with {store.Address}", observer, clock);
        meter.SetTotal(groups.Sum(g => g.Slices.Sum(s => (double)s.Summary.Rows)));
        var options = new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellation };
        await Parallel.ForEachAsync(groups, options, async (group, token) =>
        {
            foreach (var result in await CompareGroupAsync(store, group.GroupId, group.Slices, meter, token).ConfigureAwait(false))
                results.Enqueue(result);
        }).ConfigureAwait(false);
        meter.Finish();
        return [.. results.OrderBy(r => r.Expected.Slice.Table).ThenBy(r => r.Expected.Slice.Window.First)];
    }

    private static async Task<IReadOnlyList<ComparedSlice>> CompareGroupAsync(
        IConnector store, string groupId, List<ExpectedSlice> expected, ProgressMeter meter, CancellationToken cancellation)
    {
        var found = new Dictionary<Slice, SliceSummary>();
        var failed = new Dictionary<Slice, TsBackupException>();
        var open = new Dictionary<Slice, SliceDigester>();
        TsBackupException? broken = null;
        try
        {
            await foreach (var read in store.ReadAsync(
                new SliceGroup(groupId, [.. expected.Select(e => e.Slice)]), cancellation).ConfigureAwait(false))
            {
                switch (read)
                {
                    case SliceRows rows:
                        using (rows.Batch)
                        {
                            DigesterOf(open, rows.Slice).Append(rows.Batch);
                            meter.Add(rows.Batch.RowCount, rows.Batch.ByteSize, rows.Batch.RowCount);
                        }
                        break;
                    case SliceEnd end:
                        found[end.Slice] = DigesterOf(open, end.Slice).Finish();
                        break;
                    case SliceFailure failure:
                        failed[failure.Slice] = failure.Error;
                        break;
                }
            }
        }
        catch (TsBackupException e)
        {
            broken = e;
        }
        foreach (var digester in open.Values)
            digester.Dispose();
        return [.. expected.Select(e => Result(e, found, failed, broken))];
    }

    private static ComparedSlice Result(
        ExpectedSlice expected,
        Dictionary<Slice, SliceSummary> found,
        Dictionary<Slice, TsBackupException> failed,
        TsBackupException? broken)
    {
        if (found.TryGetValue(expected.Slice, out var summary))
            return new ComparedSlice(expected, summary, null);
        var error = failed.GetValueOrDefault(expected.Slice) ?? broken ?? new TsBackupException(
            ErrorId.StoreReplyTruncated, $"The store ended before {expected.Slice} was complete.", expected.Slice.ToString());
        return new ComparedSlice(expected, null, error);
    }

    private static SliceDigester DigesterOf(Dictionary<Slice, SliceDigester> open, Slice slice)
    {
        if (!open.TryGetValue(slice, out var digester))
            open[slice] = digester = new SliceDigester();
        return digester;
    }
}
