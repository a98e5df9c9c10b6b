using System.Diagnostics;
using TsBackup.Errors;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>
/// Tests one version after another under common limits, and keeps the results in the repositories: what passed a short while ago is not
/// tested again, and what there was no time for is where the next run begins.
/// </summary>
public sealed class TestRun
{
    private static readonly TimeSpan s_clockTolerance = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_keepEvery = TimeSpan.FromMinutes(1);

    private readonly TestLimits _limits;
    private readonly IOperationObserver _observer;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Dictionary<RepositoryConnection, TestHistory> _histories = [];
    private TimeSpan _kept;

    /// <summary>Begins a run; its time starts now.</summary>
    public TestRun(TestLimits limits, IOperationObserver observer)
    {
        _limits = limits;
        _observer = observer;
    }

    /// <summary>True when nothing further is begun.</summary>
    public bool IsTimeOver => _limits.MaxDuration is { } limit && _watch.Elapsed >= limit;

    /// <summary>True when a test of that time still counts. One from the future does not: the clock was or is wrong.</summary>
    internal static bool IsYoung(DateTimeOffset time, DateTimeOffset now, TimeSpan? maxAge) =>
        maxAge is { } age && now - time <= age && time - now <= s_clockTolerance;

    /// <summary>
    /// The versions in the order in which a run with a time limit tests them: never tested ones, then those tested longest ago.
    /// </summary>
    public async Task<IReadOnlyList<VersionHeader>> OrderAsync(
        RepositoryConnection repository, IEnumerable<VersionHeader> versions, BackupTestLevel level, CancellationToken cancellation)
    {
        var history = await HistoryAsync(repository, cancellation).ConfigureAwait(false);
        return [.. versions.OrderBy(header => history.LastPassed(level, header.Id) ?? DateTimeOffset.MinValue)];
    }

    /// <summary>Tests a version, unless it passed within the greatest age or the time is over.</summary>
    /// <param name="request">What to do; its limits are those of the run.</param>
    /// <param name="header">The version.</param>
    /// <param name="cancellation">Stops the test.</param>
    /// <exception cref="TsBackupException">As <see cref="TestOperation.RunAsync"/>.</exception>
    public async Task<BackupTestResult> RunAsync(TestRequest request, VersionHeader header, CancellationToken cancellation)
    {
        _limits.Check(request.Level);
        var history = await HistoryAsync(request.Repository, cancellation).ConfigureAwait(false);
        var now = request.Clock.GetUtcNow();
        var passed = history.LastPassed(request.Level, header.Id);
        if (passed is { } time && IsYoung(time, now, _limits.MaxAge) && !_limits.IsSample)
            return Untested(request, header, passed, isRecorded: true);
        if (IsTimeOver)
            return Untested(request, header, passed, isRecorded: false);
        var result = await TestAsync(request, header, history, cancellation).ConfigureAwait(false);
        if (result.Outcome == BackupTestOutcome.Failed && request.Heal)
            result = await HealAsync(request, header, result, history, cancellation).ConfigureAwait(false);
        await KeepNowAndThenAsync(cancellation).ConfigureAwait(false);
        return result;
    }

    private async Task<BackupTestResult> TestAsync(
        TestRequest request, VersionHeader header, TestHistory history, CancellationToken cancellation)
    {
        var now = request.Clock.GetUtcNow();
        var passed = history.LastPassed(request.Level, header.Id);
        var begun = _limits.IsSample ? null : history.Begun(request.Level, header.Id);
        if (begun is not null && (!begun.Passed || !IsYoung(begun.Time, now, _limits.MaxAge)))
            begun = null;
        var result = await TestOperation.RunAsync(
            request with { Limits = _limits, From = begun?.Reached ?? 0, IsTimeOver = () => IsTimeOver },
            header, cancellation).ConfigureAwait(false);
        var since = begun?.Time ?? result.Started;
        result.LastPassed = result.Passed ? since : passed;
        history.Add(RecordOf(result, since));
        return result;
    }

    private static async Task<BackupRepair?> RepairAsync(
        RepositoryConnection repository,
        IReadOnlyList<RepositoryConnection> copies,
        IOperationObserver observer,
        CancellationToken cancellation)
    {
        if (copies.Count == 0)
            return null;
        var repair = await RepairOperation.RunAsync(repository, copies, observer, cancellation).ConfigureAwait(false);
        await repository.Repository.LoadIndexAsync(cancellation).ConfigureAwait(false);
        return repair;
    }

    private async Task<BackupTestResult> HealAsync(
        TestRequest request, VersionHeader header, BackupTestResult failed, TestHistory history, CancellationToken cancellation)
    {
        failed.Repair = await RepairAsync(request.Repository, request.Copies, request.Observer, cancellation).ConfigureAwait(false);
        var mended = failed.Repair?.Versions.FirstOrDefault(version => version.VersionId == header.Id);
        if (failed.Repair is null || mended is { ReplacementId: "" })
            return failed;
        var now = await VersionQuery
            .FindAsync(request.Repository, mended?.ReplacementId ?? header.Id, null, null, cancellation).ConfigureAwait(false);
        var again = await TestAsync(request, now, history, cancellation).ConfigureAwait(false);
        again.Repair = failed.Repair;
        return again;
    }

    /// <summary>
    /// Tests the stored bytes of a repository. Opened without a key, it knows nothing of earlier tests and keeps no result.
    /// </summary>
    /// <exception cref="TsBackupException">As <see cref="StoredTest"/>.</exception>
    public Task<BackupTestResult> RunStoredAsync(RepositoryConnection repository, CancellationToken cancellation) =>
        RunStoredAsync(repository, [], cancellation);

    /// <summary>Tests the stored bytes of a repository; repairs it from copies when it is damaged, and tests it again.</summary>
    /// <param name="repository">The repository; to be repaired it must be opened with a key.</param>
    /// <param name="heal">Copies to repair it from; empty = it is not repaired.</param>
    /// <param name="cancellation">Stops the test.</param>
    public async Task<BackupTestResult> RunStoredAsync(
        RepositoryConnection repository, IReadOnlyList<RepositoryConnection> heal, CancellationToken cancellation)
    {
        var history = await HistoryAsync(repository, cancellation).ConfigureAwait(false);
        var result = await TestStoredAsync(repository, history, cancellation).ConfigureAwait(false);
        if (result.Outcome == BackupTestOutcome.Failed
            && await RepairAsync(repository, heal, _observer, cancellation).ConfigureAwait(false) is { } repair)
        {
            result = await TestStoredAsync(repository, history, cancellation).ConfigureAwait(false);
            result.Repair = repair;
        }
        await KeepNowAndThenAsync(cancellation).ConfigureAwait(false);
        return result;
    }

    private async Task<BackupTestResult> TestStoredAsync(
        RepositoryConnection repository, TestHistory history, CancellationToken cancellation)
    {
        var (result, packs) = await StoredTest
            .RunAsync(repository, _limits, history.Packs, () => IsTimeOver, _observer, cancellation).ConfigureAwait(false);
        if (!result.Passed)
            result.LastPassed = history.LastPassed(BackupTestLevel.Stored, "");
        history.Add(RecordOf(result, result.LastPassed ?? result.Started) with { Packs = packs });
        return result;
    }

    /// <summary>Stores the results that are not stored yet. That they cannot be stored is a warning, since the tests were done.</summary>
    public async Task KeepAsync(CancellationToken cancellation)
    {
        _kept = _watch.Elapsed;
        foreach (var (repository, history) in _histories)
        {
            try
            {
                await history.KeepAsync(repository.Repository, cancellation).ConfigureAwait(false);
            }
            catch (TsBackupException e)
            {
                _observer.Warning($"The results of the tests could not be kept in {repository.Location}: {e.Message}");
            }
        }
    }

    private Task KeepNowAndThenAsync(CancellationToken cancellation) =>
        _watch.Elapsed - _kept >= s_keepEvery ? KeepAsync(cancellation) : Task.CompletedTask;

    private async Task<TestHistory> HistoryAsync(RepositoryConnection repository, CancellationToken cancellation)
    {
        if (!_histories.TryGetValue(repository, out var history))
            _histories[repository] = history = await TestHistory.ReadAsync(repository.Repository, cancellation).ConfigureAwait(false);
        return history;
    }

    private static BackupTestResult Untested(TestRequest request, VersionHeader header, DateTimeOffset? passed, bool isRecorded) => new()
    {
        VersionId = header.Id,
        Repository = request.Repository.Location,
        Store = header.Store,
        Level = request.Level,
        State = header.State == VersionState.Complete ? BackupVersionState.Complete : BackupVersionState.Incomplete,
        Coverage = isRecorded ? 1 : 0,
        IsRecorded = isRecorded,
        LastPassed = passed,
        Started = request.Clock.GetUtcNow(),
    };

    private static TestRecord RecordOf(BackupTestResult result, DateTimeOffset since) =>
        new(since, result.Level.ToString(), result.VersionId, result.Problems.Count == 0, result.Problems.FirstOrDefault()?.Message ?? "")
        {
            Extent = result.IsSample ? TestExtent.Sample : result.Coverage < 1 ? TestExtent.Begun : TestExtent.Whole,
            Uncovered = (int)Math.Ceiling((1 - result.Coverage) * 1_000_000),
            Reached = result.IsSample || result.Coverage >= 1 ? 0 : result.Reached,
        };
}
