using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>
/// What a check of stored bytes saw, and its comparison with what log and indexes say belongs there. Thread-safe while it is filled.
/// </summary>
internal sealed class CheckedObjects
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _there = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _checksums = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(PackId Id, long Length)>> _indexed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _bad = new(StringComparer.Ordinal);
    private readonly List<string> _leftovers = [];
    private readonly HashSet<string> _erased = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _added = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Leftovers => _leftovers;

    public void AddThere(string name, long length)
    {
        lock (_gate)
            _there[name] = length;
    }

    public void AddGone(string name)
    {
        lock (_gate)
            _there.Remove(name);
    }

    public void AddForeign(string name)
    {
        lock (_gate)
            _leftovers.Add(name);
    }

    public void AddBad(string name)
    {
        lock (_gate)
            _bad.Add(name);
    }

    public void Add(ObjectFrame frame)
    {
        var packs = frame.Kind == ObjectKind.Index ? IndexObject.ReadPacks(frame) : [];
        lock (_gate)
        {
            _checksums[frame.Name] = Convert.ToHexStringLower(frame.Checksum);
            if (frame.Kind == ObjectKind.Index)
                _indexed[frame.Name] = [.. packs.Select(pack => (pack.Id, pack.Length))];
        }
    }

    public async Task<List<RepositoryProblem>> CompareAsync(BlockRepository repository, CancellationToken ct)
    {
        List<RepositoryProblem> problems = [];
        await ReadLogAsync(repository, problems, ct).ConfigureAwait(false);
        await CompareLoggedAsync(repository.Store, problems, ct).ConfigureAwait(false);
        await CompareErasedAsync(repository.Store, problems, ct).ConfigureAwait(false);
        var known = await ComparePacksAsync(repository.Store, problems, ct).ConfigureAwait(false);
        foreach (var name in _there.Keys)
        {
            var isLoose = ObjectNames.KindOf(name) switch
            {
                ObjectKind.Version or ObjectKind.Index or ObjectKind.Slot or ObjectKind.Grant =>
                    !_added.ContainsKey(name) || _erased.Contains(name),
                ObjectKind.Pack => !known.Contains(name) || _erased.Contains(name),
                _ => false,
            };
            if (isLoose && !_bad.Contains(name))
                _leftovers.Add(name);
        }
        return problems;
    }

    private async Task ReadLogAsync(BlockRepository repository, List<RepositoryProblem> problems, CancellationToken ct)
    {
        var last = await repository.Log.FollowAsync(
            entry =>
            {
                foreach (var item in entry.Events)
                {
                    if (item.Action == LogAction.Added)
                        _added[item.Name] = item.Checksum;
                    else if (item.Action == LogAction.Erased)
                        _erased.Add(item.Name);
                }
            },
            (name, failure) =>
            {
                // Damage of the object itself was told when it was read.
                if (!_bad.Contains(name))
                    problems.Add(new RepositoryProblem(failure.Id, name, failure.Message));
            },
            ct).ConfigureAwait(false);
        if (last == 0)
            problems.Add(Missing(ObjectKind.Log, ObjectNames.LogEntry(1)));
    }

    private async Task CompareLoggedAsync(ObjectStore store, List<RepositoryProblem> problems, CancellationToken ct)
    {
        foreach (var (name, checksum) in _added)
        {
            if (_erased.Contains(name) || ObjectNames.KindOf(name) is not { } kind)
                continue;
            if (_checksums.TryGetValue(name, out var actual))
            {
                if (actual != checksum)
                {
                    var error = RepositoryErrors.Damaged(kind, name, "it is not the object that the log says was stored");
                    problems.Add(new RepositoryProblem(error.Id, name, error.Message));
                }
            }
            else if (!_bad.Contains(name) && !await store.ExistsAsync(name, ct).ConfigureAwait(false))
            {
                problems.Add(Missing(kind, name));
            }
        }
    }

    /// <summary>
    /// Finds keys and versions that were erased and are there: put back by somebody, or left by a removal that was cut short. A version
    /// whose removal is still noted is of the latter sort, is not listed, and goes with the next compaction.
    /// </summary>
    private async Task CompareErasedAsync(ObjectStore store, List<RepositoryProblem> problems, CancellationToken ct)
    {
        var removed = _there.Keys.Where(name => ObjectNames.KindOf(name) == ObjectKind.Removal)
            .Select(name => ObjectNames.Leaf(name).Split('.')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var name in _erased.Where(name => _there.ContainsKey(name) && !_bad.Contains(name)))
        {
            var isTold = ObjectNames.KindOf(name) switch
            {
                ObjectKind.Slot or ObjectKind.Grant => true,
                ObjectKind.Version => !removed.Contains(ObjectNames.Leaf(name)),
                _ => false,
            };
            if (!isTold || !await store.ExistsAsync(name, ct).ConfigureAwait(false))
                continue;
            var error = RepositoryErrors.Damaged(ObjectNames.KindOf(name)!.Value, name, "it was erased and is there again");
            problems.Add(new RepositoryProblem(error.Id, name, error.Message));
            _bad.Add(name);
        }
    }

    private async Task<HashSet<string>> ComparePacksAsync(ObjectStore store, List<RepositoryProblem> problems, CancellationToken ct)
    {
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach (var (id, length) in _indexed.Values.SelectMany(packs => packs))
        {
            var name = ObjectNames.Pack(id);
            if (!known.Add(name) || _erased.Contains(name) || _bad.Contains(name))
                continue;
            if (!_there.TryGetValue(name, out var actual) && !await store.ExistsAsync(name, ct).ConfigureAwait(false))
                problems.Add(Missing(ObjectKind.Pack, name));
            else if (actual != 0 && actual != length)
                problems.Add(
                    new RepositoryProblem(ErrorId.PackDamaged, name, $"The object '{name}' has {actual} bytes where {length} belong."));
        }
        return known;
    }

    private static RepositoryProblem Missing(ObjectKind kind, string name) =>
        new(RepositoryErrors.IdOf(kind), name, $"The object '{name}' of the repository is missing.");
}
