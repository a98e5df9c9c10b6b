using System.Diagnostics;
using TsBackup.Errors;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>
/// The Stored level: checks the bytes of every object of a repository against their checksums. Needs no key, so it can run where the
/// passphrase must not be.
/// </summary>
public static class StoredTest
{
    /// <summary>Tests a repository, opened with or without a key. Damage is a problem of the result, not an exception.</summary>
    /// <exception cref="TsBackupException">The storage cannot be listed.</exception>
    public static Task<BackupTestResult> RunAsync(RepositoryConnection repository, IOperationObserver observer, CancellationToken cancellation) =>
        RunAsync(repository, null, observer, cancellation);

    /// <summary>Tests a repository for at most a time; packs that were not reached count as not looked at.</summary>
    public static async Task<BackupTestResult> RunAsync(
        RepositoryConnection repository, TimeSpan? maxDuration, IOperationObserver observer, CancellationToken cancellation)
    {
        var started = DateTimeOffset.UtcNow;
        var watch = Stopwatch.StartNew();
        var meter = new ProgressMeter($"Checking the bytes of {repository.Location}", observer, TimeProvider.System);
        long total = 0;
        await foreach (var item in repository.Storage.ListAsync("", cancellation).ConfigureAwait(false))
            total += item.Length;
        meter.SetTotal(total);
        var options = new StoredCheckOptions
        {
            Parallelism = Math.Clamp(Environment.ProcessorCount, 1, 8),
            MaxDuration = maxDuration,
            OnRead = (_, length) => meter.Add(0, length, length),
        };
        var check = new StoredCheck(repository.Repository, options);
        var problems = new List<BackupProblem>();
        await foreach (var problem in check.RunAsync(cancellation).ConfigureAwait(false))
            problems.Add(new BackupProblem { ErrorId = problem.ErrorId.ToString(), Message = problem.Reason, Object = problem.Name });
        meter.Finish();
        if (check.PacksSkipped > 0)
            observer.Warning($"{check.PacksSkipped} packs were not looked at within {maxDuration}.");
        if (check.Leftovers.Count > 0)
            observer.Verbose($"{check.Leftovers.Count} objects belong to no version yet; the next compaction removes them.");
        return new BackupTestResult
        {
            VersionId = "",
            Repository = repository.Location,
            Level = BackupTestLevel.Stored,
            Problems = problems,
            Bytes = check.BytesRead,
            Started = started,
            Duration = watch.Elapsed,
        };
    }
}
