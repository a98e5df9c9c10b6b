using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>
/// Gives space back in two phases (FORMAT.md section 13). The first erases removed versions, stores the used blocks of poorly used packs
/// anew, and marks packs that are no longer needed. The second, after a grace, deletes what was marked and is still not needed. Backups
/// go on meanwhile; nothing that a committed version needs is ever deleted, whatever the clocks say.
/// </summary>
public sealed class Compaction
{
    // No put takes so long; what is older was left by a writer that died.
    private static readonly TimeSpan s_leftoverAge = TimeSpan.FromDays(1);

    private readonly BlockRepository _repository;
    private readonly CompactionOptions _options;
    private readonly HashSet<BlockId> _released = [];

    /// <summary>Prepares a compaction.</summary>
    /// <exception cref="TsBackupException">ArgumentInvalid when a time is negative.</exception>
    public Compaction(BlockRepository repository, CompactionOptions options)
    {
        ArgumentNullException.ThrowIfNull(repository);
        if (options.Grace < TimeSpan.Zero || options.KeepRemoved < TimeSpan.Zero || options.KeepUnreferenced < TimeSpan.Zero)
            throw new TsBackupException(ErrorId.ArgumentInvalid, "A time of a compaction is negative.");
        _repository = repository;
        _options = options;
    }

    /// <summary>Sweeps earlier marks that are due, then erases and marks; with a grace of zero the new mark is swept as well.</summary>
    /// <exception cref="TsBackupException">
    /// KeyCannotRead; VersionDamaged and others when a version cannot be read: repair first.
    /// </exception>
    public async Task<CompactionResult> RunAsync(CancellationToken ct)
    {
        if (!_repository.Store.RequireKeys("Compaction").CanRead)
            throw RepositoryErrors.WriteOnly("Compaction");
        if (_repository.IndexProblems is [var first, ..])
            throw new TsBackupException(first.ErrorId, first.Reason, first.Name, "Repair the repository before it is compacted.");
        var erased = await EraseVersionsAsync(ct).ConfigureAwait(false);
        var (marked, rewritten) = await MarkAsync(ct).ConfigureAwait(false);
        var (packs, bytes, waiting) = await new Sweep(_repository, _options).RunAsync(ct).ConfigureAwait(false);
        await _repository.Tests.MergeAsync(ct).ConfigureAwait(false);
        foreach (var name in await _repository.Store.ListNamesAsync(ObjectNames.Probes, ct).ConfigureAwait(false))
            await _repository.Store.Storage.DeleteAsync(name, ct).ConfigureAwait(false);
        await _repository.Store.Storage
            .DeleteLeftoversAsync(_repository.Store.Clock.GetUtcNow() - s_leftoverAge, ct).ConfigureAwait(false);
        return new CompactionResult(erased, marked, rewritten, packs, bytes, waiting);
    }

    private async Task<int> EraseVersionsAsync(CancellationToken ct)
    {
        var store = _repository.Store;
        var now = store.Clock.GetUtcNow();
        var due = (await _repository.Versions.ReadRemovalsAsync(ct).ConfigureAwait(false))
            .Where(removal => now - removal.Value.Time >= _options.KeepRemoved).ToList();
        if (due.Count == 0)
            return 0;
        var there = (await store.ListNamesAsync(ObjectNames.Versions, ct).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal);
        var names = due.Select(removal => ObjectNames.Version(removal.Key)).Where(there.Contains).ToList();
        foreach (var name in names)
            await ReleaseAsync(name, ct).ConfigureAwait(false);
        if (names.Count > 0)
            await _repository.Log.AppendAsync([.. names.Select(name => new LogEvent(LogAction.Erased, name))], ct).ConfigureAwait(false);
        foreach (var name in names)
            await store.Storage.DeleteAsync(name, ct).ConfigureAwait(false);
        foreach (var removal in due)
            await store.Storage.DeleteAsync(removal.Value.Name, ct).ConfigureAwait(false);
        return names.Count;
    }

    private async Task ReleaseAsync(string name, CancellationToken ct)
    {
        try
        {
            var version = await _repository.Versions.ReadAsync(name, ct).ConfigureAwait(false);
            _released.UnionWith(version.ContentPieces);
            _released.UnionWith(version.ReferencePieces);
            _released.UnionWith(await _repository.ReadReferencesAsync(version, ct).ConfigureAwait(false));
        }
        catch (TsBackupException failure) when (failure.Kind is ErrorKind.Damaged or ErrorKind.NotFound)
        {
            // What cannot be told from interrupted backups now is marked some days later.
        }
    }

    private async Task<(int Marked, int Rewritten)> MarkAsync(CancellationToken ct)
    {
        await using var writer = await _repository.BeginWriteAsync(ct).ConfigureAwait(false);
        var live = await LiveBlocks.CollectAsync(_repository, ct).ConfigureAwait(false);
        var plan = await PlanAsync(live, ct).ConfigureAwait(false);
        if (plan.Unused.Count + plan.Rewrite.Count == 0)
            return (0, 0);
        await RewriteAsync(writer, plan.Rewrite, live, ct).ConfigureAwait(false);
        var mark = new SweepMark
        {
            Name = ObjectNames.Marks + ObjectNames.NewId(),
            Time = _repository.Store.Clock.GetUtcNow(),
            Packs = [.. plan.Unused.Concat(plan.Rewrite).Select(number => _repository.Index.Pack(number).Id)],
        };
        await _repository.Store.PutAsync(ObjectKind.Mark, mark.Name, mark.Encode(), default, ct).ConfigureAwait(false);
        return (mark.Packs.Count, plan.Rewrite.Count);
    }

    private async Task<(List<int> Unused, List<int> Rewrite)> PlanAsync(HashSet<BlockId> live, CancellationToken ct)
    {
        var usage = PackUsage.Count(_repository.Index, live, _released);
        var now = _repository.Store.Clock.GetUtcNow();
        Dictionary<PackId, DateTimeOffset> written = [];
        await foreach (var found in _repository.Store.Storage.ListAsync(ObjectNames.Packs, ct).ConfigureAwait(false))
        {
            if (ObjectNames.TryPackId(found.Name, out var id))
                written[id] = found.Modified;
        }
        List<int> unused = [], rewrite = [], small = [];
        for (var number = 0; number < usage.Count; number++)
        {
            var pack = _repository.Index.Pack(number);
            if (pack.IsAvoided || !written.TryGetValue(pack.Id, out var time))
                continue;
            if (usage[number].Live == 0)
            {
                if (usage[number].Copies + usage[number].Released > 0 || now - time >= _options.KeepUnreferenced)
                    unused.Add(number);
            }
            else if (await IsWastefulAsync(pack, usage[number], ct).ConfigureAwait(false))
            {
                rewrite.Add(number);
            }
            else if (pack.Length < _repository.Options.PackSize / 4)
            {
                small.Add(number);
            }
        }
        if (small.Count > _options.MaxSmallPacks)
            rewrite.AddRange(small);
        return (unused, rewrite);
    }

    private async Task<bool> IsWastefulAsync(PackRecord pack, PackUsage usage, CancellationToken ct)
    {
        if (usage.Total - usage.Live > usage.Total * _options.MaxUnused)
            return true;
        return _options.RewriteOldEpochs
            && await _repository.Store.ReadPackEpochAsync(pack.Name, ct).ConfigureAwait(false) < _repository.Store.Keys!.Current.Number;
    }

    private async Task RewriteAsync(BlockWriter writer, List<int> packs, HashSet<BlockId> live, CancellationToken ct)
    {
        if (packs.Count == 0)
            return;
        var entries = _repository.Index.EntriesOf(packs.ToHashSet());

        // From here the writer no longer finds the blocks where they are, and stores them anew.
        foreach (var number in packs)
            _repository.Index.Pack(number).IsAvoided = true;
        foreach (var number in packs)
        {
            foreach (var entry in entries[number])
            {
                if (!live.Contains(entry.Id) || _repository.Index.CanRelyOn(entry.Id))
                    continue;
                using var block = await _repository.ReadBlockAsync(entry.Id, ct).ConfigureAwait(false);
                await writer.PutAsync(block.Memory, ct).ConfigureAwait(false);
            }
        }
        await writer.FlushAsync(ct).ConfigureAwait(false);
        await writer.LogIndexesAsync(ct).ConfigureAwait(false);
    }
}
