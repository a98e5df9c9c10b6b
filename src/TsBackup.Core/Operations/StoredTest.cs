using System.Collections.Concurrent;
using System.Diagnostics;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>
/// The Stored level: checks the bytes of every object of a repository against their checksums. Needs no key, so it can run where the
/// passphrase must not be. With a key, damaged packs are traced to the versions, tables and times that need them.
/// </summary>
public sealed class StoredTest
{
    private readonly RepositoryConnection _repository;
    private readonly TestLimits _limits;
    private readonly IOperationObserver _observer;
    private readonly IReadOnlyDictionary<PackId, DateTimeOffset> _known;
    private readonly ConcurrentDictionary<PackId, DateTimeOffset> _good = new();
    private readonly Dictionary<string, long> _packs = new(StringComparer.Ordinal);
    private long _covered;

    private StoredTest(
        RepositoryConnection repository,
        TestLimits limits,
        IReadOnlyDictionary<PackId, DateTimeOffset> known,
        IOperationObserver observer)
    {
        _repository = repository;
        _limits = limits;
        _known = known;
        _observer = observer;
    }

    /// <summary>Tests a whole repository, opened with or without a key. Damage is a problem of the result, not an exception.</summary>
    /// <exception cref="Errors.TsBackupException">The storage cannot be listed.</exception>
    public static Task<BackupTestResult> RunAsync(
        RepositoryConnection repository, IOperationObserver observer, CancellationToken cancellation) =>
        RunAsync(repository, TestLimits.None, observer, cancellation);

    /// <summary>Tests a repository within limits of time, or a sample of its packs.</summary>
    /// <exception cref="Errors.TsBackupException">ArgumentInvalid; the storage cannot be listed.</exception>
    public static async Task<BackupTestResult> RunAsync(
        RepositoryConnection repository, TestLimits limits, IOperationObserver observer, CancellationToken cancellation)
    {
        var (result, _) = await RunAsync(repository, limits, new Dictionary<PackId, DateTimeOffset>(), () => false, observer, cancellation)
            .ConfigureAwait(false);
        return result;
    }

    /// <summary>Tests what is not known to have been good a short while ago.</summary>
    /// <returns>The result, and the packs that are there and were good when they were last read.</returns>
    internal static async Task<(BackupTestResult Result, IReadOnlyDictionary<PackId, DateTimeOffset> Packs)> RunAsync(
        RepositoryConnection repository,
        TestLimits limits,
        IReadOnlyDictionary<PackId, DateTimeOffset> known,
        Func<bool> isTimeOver,
        IOperationObserver observer,
        CancellationToken cancellation)
    {
        limits.Check(BackupTestLevel.Stored);
        var test = new StoredTest(repository, limits, known, observer);
        return (await test.RunAsync(isTimeOver, cancellation).ConfigureAwait(false), test._good);
    }

    private async Task<BackupTestResult> RunAsync(Func<bool> isTimeOver, CancellationToken cancellation)
    {
        var started = DateTimeOffset.UtcNow;
        var watch = Stopwatch.StartNew();
        var meter = new ProgressMeter($"Checking the bytes of {_repository.Location}", _observer, TimeProvider.System);
        await ListPacksAsync(meter, cancellation).ConfigureAwait(false);
        var chosen = ChooseSample();
        var check = new StoredCheck(_repository.Repository, new StoredCheckOptions
        {
            Parallelism = Math.Clamp(Environment.ProcessorCount, 1, 8),
            ShouldReadPack = name => IsChosen(chosen, name) && !IsKnown(name, started) && !IsOver(isTimeOver, watch),
            OnRead = (name, length) => NoteRead(name, length, started, meter),
        });
        var problems = new List<BackupProblem>();
        await foreach (var problem in check.RunAsync(cancellation).ConfigureAwait(false))
        {
            problems.Add(new BackupProblem { ErrorId = problem.ErrorId.ToString(), Message = problem.Reason, Object = problem.Name });
            if (_packs.TryGetValue(problem.Name, out var length))
                Interlocked.Add(ref _covered, length);
        }
        if (problems.Count > 0 && _repository.Repository.Info.Access == KeyAccess.Full)
            problems = await new DamageTrace(_repository).ExtendAsync(problems, cancellation).ConfigureAwait(false);
        meter.Finish();
        if (check.Leftovers.Count > 0)
            _observer.Verbose($"{check.Leftovers.Count} objects belong to no version yet; the next compaction removes them.");
        return Result(check, problems, started, watch.Elapsed);
    }

    private BackupTestResult Result(StoredCheck check, List<BackupProblem> problems, DateTimeOffset started, TimeSpan duration)
    {
        var total = _packs.Values.Sum();
        var isWhole = _packs.Count == 0 || _covered >= total;
        return new BackupTestResult
        {
            VersionId = "",
            Repository = _repository.Location,
            Level = BackupTestLevel.Stored,
            Problems = problems,
            Bytes = check.BytesRead,
            Coverage = isWhole ? 1 : (double)_covered / total,
            IsSample = _limits.IsSample,
            Seed = _limits.IsSample ? _limits.Seed : null,
            LastPassed = problems.Count > 0 || !isWhole || _limits.IsSample ? null
                : _good.IsEmpty ? started : _good.Values.Min(),
            Started = started,
            Duration = duration,
        };
    }

    private async Task ListPacksAsync(ProgressMeter meter, CancellationToken cancellation)
    {
        long total = 0;
        await foreach (var item in _repository.Storage.ListAsync("", cancellation).ConfigureAwait(false))
        {
            total += item.Length;
            if (ObjectNames.TryPackId(item.Name, out _))
                _packs[item.Name] = item.Length;
        }
        meter.SetTotal(total);
    }

    private HashSet<string>? ChooseSample()
    {
        if (!_limits.IsSample)
            return null;
        var order = _packs.Keys.Order(StringComparer.Ordinal).ToArray();
        new Random(_limits.Seed).Shuffle(order);
        return [.. order.Take((int)Math.Ceiling(order.Length * _limits.Sample / 100))];
    }

    private static bool IsChosen(HashSet<string>? chosen, string name) => chosen is null || chosen.Contains(name);

    private bool IsOver(Func<bool> isTimeOver, Stopwatch watch) =>
        isTimeOver() || (_limits.MaxDuration is { } limit && watch.Elapsed >= limit);

    /// <summary>True when the pack was good within the greatest age; it then counts as looked at.</summary>
    private bool IsKnown(string name, DateTimeOffset now)
    {
        if (!ObjectNames.TryPackId(name, out var id)
            || !_known.TryGetValue(id, out var time) || !TestRun.IsYoung(time, now, _limits.MaxAge))
            return false;
        _good[id] = time;
        Interlocked.Add(ref _covered, _packs.GetValueOrDefault(name));
        return true;
    }

    private void NoteRead(string name, long length, DateTimeOffset started, ProgressMeter meter)
    {
        meter.Add(0, length, length);
        if (!ObjectNames.TryPackId(name, out var id))
            return;
        _good[id] = started;
        Interlocked.Add(ref _covered, _packs.GetValueOrDefault(name));
    }
}
