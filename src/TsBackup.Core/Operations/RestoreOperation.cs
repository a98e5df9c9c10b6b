using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>
/// Restores a version: plans with exact counts, settles conflicts before anything is written, writes groups in parallel, brings settings
/// back, reads the target back and accounts for every row.
/// </summary>
public sealed class RestoreOperation
{
    private readonly RestoreRequest _request;
    private readonly VersionHeader _header;
    private readonly Problems _problems;
    private readonly RestoreAccount _account;
    private readonly BlockSource _source;
    private readonly ProgressMeter _meter;
    private readonly ConcurrentDictionary<string, bool> _replacedFrom = new(StringComparer.Ordinal);
    private long _blocksReplaced;

    private RestoreOperation(RestoreRequest request, VersionHeader header, VersionSource source)
    {
        _request = request;
        _header = header;
        _problems = new Problems(header.Id);
        _account = new RestoreAccount(_problems);
        _source = source.Blocks;
        if (source.Damage is { } damage)
            Replaced(damage.Message + $" The list of its slices was taken from {source.Repository.Location}.", source.Repository.Location);
        _meter = new ProgressMeter($"Restoring {header.Id} into {request.Target.Address}", request.Observer, request.Clock);
    }

    /// <summary>Restores a version, or plans it.</summary>
    /// <returns>The account; <c>RowsInBackup = RowsRestored + RowsFailed</c>, whatever went wrong on the way.</returns>
    /// <exception cref="TsBackupException">
    /// Nothing could be begun: TargetExists, CapabilityMissing, ScopeEmpty, RenameInvalid, VersionDamaged, or the target does not answer.
    /// </exception>
    public static async Task<RestoreResult> RunAsync(RestoreRequest request, VersionHeader header, CancellationToken cancellation)
    {
        if (!request.Target.Capabilities.Writes)
        {
            throw new TsBackupException(
                ErrorId.CapabilityMissing,
                $"Nothing can be restored into {request.Target.Address}: it can only be read.",
                request.Target.Address.ToString());
        }
        if (header.State == VersionState.Incomplete)
        {
            request.Observer.Warning(
                $"Version {header.Id} is Incomplete: parts of {header.Store} are not in it, the first: {header.Reasons.FirstOrDefault()}");
        }
        var started = request.Clock.GetUtcNow();
        var watch = Stopwatch.StartNew();
        var source = await VersionSource.OpenAsync(request.Repository, request.Copies, header, cancellation).ConfigureAwait(false);
        var operation = new RestoreOperation(request, header, source);
        var plan = await RestorePlan.MakeAsync(
            request, source.Content, operation._source, operation._problems, cancellation).ConfigureAwait(false);
        await plan.ResolveConflictsAsync(request, cancellation).ConfigureAwait(false);
        var settings = request.PlanOnly ? PlannedSettings(plan) : await operation.WriteAsync(plan, cancellation).ConfigureAwait(false);
        var verified = await operation.VerifyAsync(plan, cancellation).ConfigureAwait(false);
        var result = operation.Result(plan, settings, verified, started, watch.Elapsed);
        result.Repair = await operation.HealAsync(cancellation).ConfigureAwait(false);
        return result;
    }

    private async Task<BackupRepair?> HealAsync(CancellationToken cancellation)
    {
        if (_request.PlanOnly || _request.Heal is not { } hurt || (_replacedFrom.IsEmpty && hurt == _request.Repository))
            return null;
        RepositoryConnection[] others = [.. _request.Copies.Prepend(_request.Repository).Where(other => other != hurt)];
        return await RepairOperation.RunAsync(hurt, others, _request.Observer, cancellation).ConfigureAwait(false);
    }

    private static IReadOnlyList<SettingOutcome> PlannedSettings(RestorePlan plan) =>
        [.. plan.Catalog.Settings.Select(s => new SettingOutcome(s.Kind, s.Name, false, "planned"))];

    private IEnumerable<(string GroupId, List<PlannedSlice> Slices)> ActiveGroups(RestorePlan plan) => plan.Groups
        .Select(g => (g.GroupId, g.Slices.Where(s => !plan.Tables[s.Entry.Slice.Table].Skipped && s.Rows > 0).ToList()))
        .Where(g => g.Item2.Count > 0);

    private async Task<IReadOnlyList<SettingOutcome>> WriteAsync(RestorePlan plan, CancellationToken cancellation)
    {
        var groups = ActiveGroups(plan).ToArray();
        _meter.SetTotal(groups.Sum(g => g.Slices.Sum(s => (double)s.Rows)));
        var target = new RestoreTarget(plan.Catalog, _request.Scope.Range, _request.IsScratch) { Groups = _request.Renames.Groups };
        await using var writer = await _request.Target.OpenWriterAsync(target, cancellation).ConfigureAwait(false);
        var options = new ParallelOptions { MaxDegreeOfParallelism = _request.Parallelism, CancellationToken = cancellation };
        await Parallel.ForEachAsync(
            groups,
            options,
            async (group, token) => await WriteGroupAsync(writer, group.GroupId, group.Slices, groups.Length, token).ConfigureAwait(false))
            .ConfigureAwait(false);
        _meter.Finish();
        try
        {
            return await writer.CompleteAsync(cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e)
        {
            _problems.Add(e);
            return [.. plan.Catalog.Settings.Select(s => new SettingOutcome(s.Kind, s.Name, false, e.Message))];
        }
    }

    private async Task WriteGroupAsync(
        IStoreWriter writer, string groupId, List<PlannedSlice> slices, int groups, CancellationToken cancellation)
    {
        var ahead = groups >= _request.Parallelism * 2 ? 2 : _request.Parallelism + 1;
        try
        {
            var outcome = await writer
                .WriteAsync(
                    new SliceGroup(groupId, [.. slices.Select(s => s.Target)]), RowsOfAsync(slices, ahead, cancellation), cancellation)
                .ConfigureAwait(false);
            _account.Settle(slices, outcome);
        }
        catch (TsBackupException e)
        {
            // Nothing of the group is acknowledged, so all of it counts as failed.
            foreach (var slice in slices)
                _problems.Add(e, slice.Target);
        }
    }

    private async IAsyncEnumerable<SliceEvent> RowsOfAsync(
        List<PlannedSlice> slices, int ahead, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var slice in slices)
        {
            using var digester = new SliceDigester();
            var lost = 0L;
            await foreach (var read in SliceBlocks
                .ReadAsync(_source, slice.Entry, _request.Scope.Range, ahead, Found, cancellation).ConfigureAwait(false))
            {
                if (read.Batch is not { } whole)
                {
                    lost += read.Entry.Rows;
                    _problems.Add(read.Error!, slice.Entry.Slice);
                    continue;
                }
                var batch = slice.IsWhole ? whole : BatchClip.Apply(whole, _request.Scope.Range);
                if (batch.RowCount == 0)
                {
                    batch.Dispose();
                    continue;
                }
                digester.Append(batch);
                var rows = batch.RowCount;
                var bytes = read.Entry.Bytes;
                yield return new SliceRows(slice.Target, batch);
                _meter.Add(rows, bytes, rows);
            }
            var handed = digester.Finish();
            var intact = lost == 0 && IsAsRecorded(slice, handed);
            _account.SetHanded(slice, handed, intact);
            yield return new SliceEnd(slice.Target);
        }
    }

    private bool IsAsRecorded(PlannedSlice slice, SliceSummary handed)
    {
        if (!slice.IsWhole || handed.Digest == slice.Entry.Summary.Digest)
            return true;
        _problems.Add(
            ErrorId.DigestMismatch,
            $"The rows of {slice.Entry.Slice} do not give the digest that was recorded.", _header.Id, slice.Entry.Slice);
        return false;
    }

    private void Found(FoundBlock block)
    {
        Interlocked.Increment(ref _blocksReplaced);
        Replaced(block.Sentence, block.Location);
    }

    private void Replaced(string sentence, string location)
    {
        _replacedFrom.TryAdd(location, true);
        _request.Observer.Warning(sentence);
    }

    /// <summary>Per table: true, false, or null when it was not compared.</summary>
    private async Task<Dictionary<TableId, bool?>> VerifyAsync(RestorePlan plan, CancellationToken cancellation)
    {
        var verdicts = plan.Tables.Keys.ToDictionary(id => id, _ => (bool?)null);
        if (_request.PlanOnly || !_request.Verify || !_request.Target.Capabilities.Reads)
            return verdicts;
        var expected = new List<(string, List<ExpectedSlice>)>();
        foreach (var (groupId, slices) in ActiveGroups(plan))
        {
            var intact = new List<ExpectedSlice>();
            foreach (var slice in slices)
            {
                var table = slice.Entry.Slice.Table;
                if (_account.Handed(slice) is { } handed)
                    intact.Add(new ExpectedSlice(slice.Target, handed));
                else
                    verdicts[table] = false;
            }
            if (intact.Count > 0)
                expected.Add((groupId, intact));
        }
        var sources = plan.Tables.Values.ToDictionary(t => t.Target);
        IReadOnlyList<ComparedSlice> results;
        try
        {
            results = await StoreComparison
                .RunAsync(
                    _request.Target, expected, _request.Parallelism, _request.Observer, _request.Clock, cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e)
        {
            _problems.Add(e);
            return verdicts;
        }
        foreach (var result in results)
            verdicts[sources[result.Expected.Slice.Table].Source] ??= true;
        foreach (var result in results.Where(r => !r.IsEqual))
            Differs(sources[result.Expected.Slice.Table], result, verdicts);
        return verdicts;
    }

    private void Differs(PlannedTable table, ComparedSlice result, Dictionary<TableId, bool?> verdicts)
    {
        if (table.Merges && result.Error is null && verdicts[table.Source] != false)
        {
            // The target held rows before, so a difference says nothing.
            verdicts[table.Source] = null;
            return;
        }
        verdicts[table.Source] = false;
        if (result.Error is { } error)
            _problems.Add(error, result.Expected.Slice);
        else
            _problems.Add(ErrorId.DigestMismatch, result.Sentence(_request.Target.Address.ToString()), _header.Id, result.Expected.Slice);
    }

    private RestoreResult Result(
        RestorePlan plan,
        IReadOnlyList<SettingOutcome> settings,
        Dictionary<TableId, bool?> verified,
        DateTimeOffset started,
        TimeSpan duration)
    {
        var restored = plan.Groups.SelectMany(g => g.Slices)
            .GroupBy(s => s.Entry.Slice.Table)
            .ToDictionary(g => g.Key, g => g.Sum(s => Math.Min(s.Rows, _account.Restored(s))));
        var tables = plan.Tables.Values
            .OrderBy(t => t.Source)
            .Select(t => ToResult(t, restored.GetValueOrDefault(t.Source), verified[t.Source]))
            .ToArray();
        var counted = tables.Where(t => !t.Skipped).ToArray();
        return new RestoreResult
        {
            VersionId = _header.Id,
            Repository = _request.Repository.Location,
            Target = _request.Target.Address.ToString(),
            IsPlan = _request.PlanOnly,
            RowsInBackup = counted.Sum(t => t.RowsInBackup),
            RowsRestored = counted.Sum(t => t.RowsRestored),
            RowsFailed = counted.Sum(t => t.RowsFailed),
            Verified = counted.Any(t => t.Verified == false) ? false
                : counted.All(t => t.Verified == true) && !_request.PlanOnly && _request.Verify ? true
                : null,
            Tables = tables,
            Settings = [.. settings.Select(
                s => new RestoreSetting { Kind = s.Kind, Name = s.Name, Restored = s.Restored, Remark = s.Remark })],
            BlocksReplaced = _blocksReplaced,
            ReplacedFrom = [.. _replacedFrom.Keys.Order(StringComparer.Ordinal)],
            Problems = _problems.ToList(),
            Started = started,
            Duration = duration,
        };
    }

    private RestoreTable ToResult(PlannedTable table, long restored, bool? verified) => new()
    {
        Table = table.Source.ToString(),
        TargetTable = table.Target.ToString(),
        Skipped = table.Skipped,
        RowsInBackup = table.Skipped ? 0 : table.Rows,
        RowsRestored = table.Skipped || _request.PlanOnly ? 0 : restored,
        RowsFailed = table.Skipped || _request.PlanOnly ? 0 : table.Rows - restored,
        Verified = table.Skipped ? null : table.Rows == 0 && verified is null && _request.Verify && !_request.PlanOnly ? true : verified,
    };
}
