using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>
/// Makes a damaged repository sound: indexes are made again from packs, good blocks of damaged packs are stored anew, lost blocks are
/// taken from a copy, damaged objects are deleted and the log goes on. What stays lost is told per version. May run beside backups.
/// </summary>
public sealed class Repair
{
    private readonly BlockRepository _repository;
    private readonly RepairOptions _options;
    private readonly List<string> _dropped = [];
    private int _saved;
    private int _healed;

    /// <summary>Prepares a repair; one object is for one run.</summary>
    public Repair(BlockRepository repository, RepairOptions options)
    {
        ArgumentNullException.ThrowIfNull(repository);
        _repository = repository;
        _options = options;
    }

    /// <summary>Checks all stored bytes and repairs what is damaged.</summary>
    /// <exception cref="TsBackupException">KeyCannotRead, the errors of storage.</exception>
    public async Task<RepairResult> RunAsync(CancellationToken ct)
    {
        if (!_repository.Store.RequireKeys("Repairing").CanRead)
            throw RepositoryErrors.WriteOnly("Repairing");
        var problems = await new StoredCheck(_repository, StoredCheckOptions.Default).RunAsync(ct).ToListAsync(ct).ConfigureAwait(false);
        await MendLogAsync(problems, ct).ConfigureAwait(false);
        foreach (var problem in problems.Where(
            problem =>
                ObjectNames.KindOf(problem.Name) is ObjectKind.Mark or ObjectKind.Removal or ObjectKind.Result or ObjectKind.Session))
        {
            await DropAsync(problem.Name, ct).ConfigureAwait(false);
        }
        await DropKeysAsync(problems, ct).ConfigureAwait(false);
        foreach (var problem in problems.Where(problem => ObjectNames.KindOf(problem.Name) is ObjectKind.Index or ObjectKind.Version))
            await DropAsync(problem.Name, ct).ConfigureAwait(false);

        var writer = await _repository.BeginWriteAsync(ct).ConfigureAwait(false);
        await using var ending = writer.ConfigureAwait(false);
        var indexed = writer.PacksTakenOver;
        var bad = problems.Where(problem => ObjectNames.KindOf(problem.Name) == ObjectKind.Pack)
            .Select(problem => problem.Name).ToHashSet(StringComparer.Ordinal);
        await SaveBlocksAsync(writer, bad, ct).ConfigureAwait(false);
        await writer.FlushAsync(ct).ConfigureAwait(false);
        var hurt = await HealAsync(writer, ct).ConfigureAwait(false);
        await writer.FlushAsync(ct).ConfigureAwait(false);
        await writer.LogIndexesAsync(ct).ConfigureAwait(false);
        await DropPacksAsync(bad, ct).ConfigureAwait(false);
        return new RepairResult(_dropped, indexed, _saved, _healed, hurt);
    }

    private async Task MendLogAsync(List<RepositoryProblem> problems, CancellationToken ct)
    {
        var entries = problems.Select(problem => problem.Name)
            .Where(name => ObjectNames.KindOf(name) == ObjectKind.Log).Distinct().ToList();
        if (entries.Count == 0)
            return;
        var bad = problems.Select(problem => problem.Name).ToHashSet(StringComparer.Ordinal);
        List<LogEvent> there = [];
        foreach (var prefix in new[] { ObjectNames.Slots, ObjectNames.Grants, ObjectNames.Indexes, ObjectNames.Versions })
        {
            foreach (var name in await _repository.Store.ListNamesAsync(prefix, ct).ConfigureAwait(false))
            {
                if (bad.Contains(name) || ObjectNames.KindOf(name) is not { } kind)
                    continue;
                if (await _repository.Store.TryReadAsync(kind, name, ct).ConfigureAwait(false) is { } frame)
                    there.Add(new LogEvent(LogAction.Added, name, Convert.ToHexStringLower(frame.Checksum)));
            }
        }
        await _repository.Log.AcceptDamageAsync(entries, there, ct).ConfigureAwait(false);
        foreach (var name in entries)
            await _repository.Store.Storage.DeleteAsync(name, ct).ConfigureAwait(false);
        _dropped.AddRange(entries);
    }

    /// <summary>
    /// Drops slots that are damaged or gone with their grants, and slots that have no grant left: none of them opens anything. The slot
    /// that is open is none of these.
    /// </summary>
    private async Task DropKeysAsync(List<RepositoryProblem> problems, CancellationToken ct)
    {
        var bad = problems.Select(problem => problem.Name)
            .Where(name => ObjectNames.KindOf(name) is ObjectKind.Slot or ObjectKind.Grant).ToHashSet(StringComparer.Ordinal);
        if (bad.Count == 0)
            return;
        var grants = await _repository.Store.ListNamesAsync(ObjectNames.Grants, ct).ConfigureAwait(false);
        var slots = await _repository.Store.ListNamesAsync(ObjectNames.Slots, ct).ConfigureAwait(false);
        bad.UnionWith(grants.Where(name => bad.Contains(ObjectNames.Slot(ObjectNames.SlotOfGrant(name)))));
        var granted = grants.Where(name => !bad.Contains(name)).Select(ObjectNames.SlotOfGrant).ToHashSet(StringComparer.Ordinal);
        bad.UnionWith(slots.Where(name => !granted.Contains(ObjectNames.Leaf(name))));
        foreach (var name in bad)
            await DropAsync(name, ct).ConfigureAwait(false);
    }

    private async Task DropAsync(string name, CancellationToken ct)
    {
        await _repository.Log.AppendAsync([new LogEvent(LogAction.Erased, name)], ct).ConfigureAwait(false);
        await _repository.Store.Storage.DeleteAsync(name, ct).ConfigureAwait(false);
        _dropped.Add(name);
    }

    private async Task SaveBlocksAsync(BlockWriter writer, HashSet<string> bad, CancellationToken ct)
    {
        var packs = _repository.Index.Packs;
        var numbers = Enumerable.Range(0, packs.Count).Where(number => bad.Contains(packs[number].Name)).ToHashSet();
        var entries = _repository.Index.EntriesOf(numbers);
        foreach (var number in numbers)
            packs[number].IsAvoided = true;
        foreach (var entry in numbers.SelectMany(number => entries[number]))
        {
            if (_repository.Index.CanRelyOn(entry.Id)
                || await TryReadAsync(_repository, entry.Id, ct).ConfigureAwait(false) is not { } block)
                continue;
            using (block)
                await writer.PutAsync(block.Memory, ct).ConfigureAwait(false);
            _saved++;
        }
    }

    private async Task<Dictionary<string, IReadOnlyList<BlockId>>> HealAsync(BlockWriter writer, CancellationToken ct)
    {
        Dictionary<string, IReadOnlyList<BlockId>> hurt = new(StringComparer.Ordinal);
        await foreach (var version in _repository.ListVersionsAsync(true, null, ct).ConfigureAwait(false))
        {
            var lost = await LostOfAsync(version, ct).ConfigureAwait(false);
            if (lost.Count > 0 && _options.Source is { } source)
            {
                _healed += await new BlockHealer(_repository, source, writer).HealAsync(version, ct).ConfigureAwait(false);
                await writer.FlushAsync(ct).ConfigureAwait(false);
                lost = await LostOfAsync(version, ct).ConfigureAwait(false);
            }
            if (lost.Count > 0)
                hurt.Add(version.Id, lost);
        }
        return hurt;
    }

    private async Task<List<BlockId>> LostOfAsync(VersionHeader version, CancellationToken ct)
    {
        var lost = version.ContentPieces.Concat(version.ReferencePieces).Where(id => !_repository.Index.CanRelyOn(id)).ToList();
        if (version.ReferencePieces.Any(lost.Contains))
            return lost;
        var references = await _repository.ReadReferencesAsync(version, ct).ConfigureAwait(false);
        lost.AddRange(references.Where(id => !_repository.Index.CanRelyOn(id)).Distinct());
        return lost;
    }

    private async Task DropPacksAsync(HashSet<string> bad, CancellationToken ct)
    {
        if (bad.Count == 0)
            return;
        HashSet<PackId> ids = [];
        foreach (var name in bad)
        {
            if (ObjectNames.TryPackId(name, out var id))
                ids.Add(id);
        }
        var (added, replaced) = await new IndexMerger(_repository).RunAsync(ids, ct).ConfigureAwait(false);
        List<string> erased = [.. bad, .. replaced];
        await _repository.Log.AppendAsync(
            [.. added, .. erased.Select(name => new LogEvent(LogAction.Erased, name))], ct).ConfigureAwait(false);
        foreach (var name in erased)
            await _repository.Store.Storage.DeleteAsync(name, ct).ConfigureAwait(false);
        _dropped.AddRange(bad);
    }

    internal static async Task<PooledBytes?> TryReadAsync(BlockRepository repository, BlockId id, CancellationToken ct)
    {
        try
        {
            return await repository.ReadBlockAsync(id, ct).ConfigureAwait(false);
        }
        catch (TsBackupException failure) when (failure.Kind is ErrorKind.Damaged or ErrorKind.NotFound)
        {
            return null;
        }
    }
}
