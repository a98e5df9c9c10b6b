using System.Diagnostics;
using System.Security.Cryptography;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Operations;
using TsBackup.Repository;

namespace TsBackup.Cli.Demo;

/// <summary>
/// The whole life of a backup on made-up data: back up, change, back up again, test, lose the store, restore, find damage. Every verdict is
/// computed from what is really there.
/// </summary>
internal sealed class DemoRun(string root, long points, IOperationObserver observer, CancellationToken cancellation)
{
    private readonly List<DemoStep> _steps = [];
    private readonly string _passphrase = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly string _repositoryFolder = Path.Combine(root, "repository");
    private readonly string _storeFolder = Path.Combine(root, "store");

    public async Task<DemoReport> RunAsync()
    {
        var data = new DemoData(_storeFolder);
        var ticks = DemoData.TicksFor(points);
        await StepAsync("make a store", () => MakeAsync(() => data.Append(ticks))).ConfigureAwait(false);
        var original = await DigestAsync(_storeFolder).ConfigureAwait(false);
        await StepAsync("create a repository", CreateAsync).ConfigureAwait(false);
        BackupVersion? first = null;
        BackupVersion? second = null;
        await StepAsync(
            "back up", async () => Backup(first = await BackupAsync().ConfigureAwait(false), original.Rows)).ConfigureAwait(false);
        await StepAsync("append and change data", () => MakeAsync(() =>
        {
            data.Append(Math.Max(1, ticks / 20));
            data.ChangeOneValue();
        })).ConfigureAwait(false);
        var changed = await DigestAsync(_storeFolder).ConfigureAwait(false);
        await StepAsync("back up again", async () => Again(
            second = await BackupAsync().ConfigureAwait(false), changed.Rows, first!)).ConfigureAwait(false);
        await StepAsync("test both, Full", TestAsync).ConfigureAwait(false);
        await StepAsync("lose the store", Destroy).ConfigureAwait(false);
        await StepAsync("restore the first", () => RestoreAsync(first!, "restored-1", original)).ConfigureAwait(false);
        await StepAsync("restore the second", () => RestoreAsync(second!, "restored-2", changed)).ConfigureAwait(false);
        await StepAsync("damage a byte, test Stored", DamageAsync).ConfigureAwait(false);
        await StepAsync("test Full names the loss", FindLossAsync).ConfigureAwait(false);
        return new DemoReport { Steps = _steps };
    }

    private static DemoStep Backup(BackupVersion version, long expectedRows) => new()
    {
        Step = "",
        Rows = version.Rows,
        Points = version.Points,
        Bytes = version.StoredBytes,
        Passed = version.State == BackupVersionState.Complete && version.Rows == expectedRows,
        Remark = version.VersionId,
    };

    private static DemoStep Again(BackupVersion version, long expectedRows, BackupVersion first) => new()
    {
        Step = "",
        Rows = version.Rows,
        Points = version.Points,
        Bytes = version.StoredBytes,
        // A small demo fits one slice, and that slice has changed.
        Passed = version.State == BackupVersionState.Complete
            && version.Rows == expectedRows
            && (version.Slices == 1 || (version.SlicesReused > 0 && version.StoredBytes < first.StoredBytes)),
        Remark = $"{version.SlicesReused} of {version.Slices} slices not read again",
    };

    private async Task StepAsync(string name, Func<Task<DemoStep>> run)
    {
        cancellation.ThrowIfCancellationRequested();
        var watch = Stopwatch.StartNew();
        DemoStep done;
        try
        {
            done = await run().ConfigureAwait(false);
        }
        catch (TsBackupException e)
        {
            done = new DemoStep { Step = name, Passed = false, Remark = $"{e.Id}: {e.Message}" };
        }
        _steps.Add(new DemoStep
        {
            Step = name,
            Rows = done.Rows,
            Points = done.Points,
            Bytes = done.Bytes,
            Seconds = Math.Round(watch.Elapsed.TotalSeconds, 3),
            Passed = done.Passed,
            Remark = done.Remark,
        });
        if (!done.Passed)
            throw new DemoFailedException(new DemoReport { Steps = _steps });
    }

    private async Task<DemoStep> MakeAsync(Action change)
    {
        change();
        var digest = await DigestAsync(_storeFolder).ConfigureAwait(false);
        var bytes = new DirectoryInfo(_storeFolder).GetFiles().Sum(file => file.Length);
        return new DemoStep
        {
            Step = "",
            Rows = digest.Rows,
            Points = digest.Points,
            Bytes = bytes,
            Passed = digest.Rows > 0,
            Remark = "line protocol files",
        };
    }

    private async Task<DemoStep> CreateAsync()
    {
        using var key = Key();
        await using var repository = await RepositoryConnection
            .CreateAsync(_repositoryFolder, key, new RepositoryOptions(), cancellation).ConfigureAwait(false);
        return new DemoStep { Step = "", Passed = true, Remark = "AES-256-GCM, random passphrase" };
    }

    private async Task<BackupVersion> BackupAsync()
    {
        await using var repository = await OpenAsync().ConfigureAwait(false);
        await using var store = Open(_storeFolder);
        var outcomes = await BackupOperation.RunAsync(
            new BackupRequest { Connector = store, Repositories = [repository], Observer = new OnlyProgress(observer) },
            cancellation).ConfigureAwait(false);
        return outcomes[0].Version!;
    }

    private async Task<DemoStep> TestAsync()
    {
        var results = await TestAllAsync().ConfigureAwait(false);
        return new DemoStep
        {
            Step = "",
            Rows = results.Sum(r => r.Rows),
            Bytes = results.Sum(r => r.Bytes),
            Passed = results.Count == 2 && results.All(r => r.Passed && r.Rows > 0),
            Remark = $"{results.Sum(r => r.Blocks)} blocks decrypted, decoded, digests equal",
        };
    }

    private Task<DemoStep> Destroy()
    {
        Directory.Delete(_storeFolder, recursive: true);
        return Task.FromResult(new DemoStep { Step = "", Passed = !Directory.Exists(_storeFolder) });
    }

    private async Task<DemoStep> RestoreAsync(BackupVersion version, string name, SliceSummary expected)
    {
        var folder = Path.Combine(root, name);
        await using var repository = await OpenAsync().ConfigureAwait(false);
        await using var target = Open(folder);
        var header = await VersionQuery.FindAsync(repository, version.VersionId, null, null, cancellation).ConfigureAwait(false);
        var result = await RestoreOperation.RunAsync(
            new RestoreRequest { Repository = repository, Target = target, Observer = observer },
            header, cancellation).ConfigureAwait(false);
        var found = await DigestAsync(folder).ConfigureAwait(false);
        return new DemoStep
        {
            Step = "",
            Rows = result.RowsRestored,
            Points = found.Points,
            Passed = result.RowsFailed == 0
                && result.RowsInBackup == result.RowsRestored
                && result.Verified == true
                && found == expected,
            Remark = found == expected ? "digest equals the original" : "digest differs from the original",
        };
    }

    private async Task<DemoStep> DamageAsync()
    {
        var pack = Directory.GetFiles(_repositoryFolder, "*", SearchOption.AllDirectories).MaxBy(file => new FileInfo(file).Length)!;
        var offset = new FileInfo(pack).Length / 2;
        FlipByte(pack, offset);
        await using var repository = await RepositoryConnection.OpenAsync(_repositoryFolder, null, cancellation).ConfigureAwait(false);
        var result = await StoredTest.RunAsync(repository, observer, cancellation).ConfigureAwait(false);
        var named = result.Problems.Any(p => p.Object.Contains(Path.GetFileName(pack), StringComparison.Ordinal));
        return new DemoStep
        {
            Step = "",
            Bytes = result.Bytes,
            Passed = !result.Passed && named,
            Remark = result.Problems.Count > 0 ? result.Problems[0].Message : "the damage was not found",
        };
    }

    private async Task<DemoStep> FindLossAsync()
    {
        var results = await TestAllAsync().ConfigureAwait(false);
        var problems = results.SelectMany(r => r.Problems).ToArray();
        return new DemoStep
        {
            Step = "",
            Rows = results.Sum(r => r.Rows),
            Passed = problems.Length > 0 && problems.All(p => p.Object.Length > 0),
            Remark = problems.Length > 0 ? $"{problems[0].ErrorId}, table '{problems[0].Table}'" : "the loss was not found",
        };
    }

    private static void FlipByte(string file, long offset)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = offset;
        var value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ 0x10));
    }

    private async Task<IReadOnlyList<BackupTestResult>> TestAllAsync()
    {
        await using var repository = await OpenAsync().ConfigureAwait(false);
        var results = new List<BackupTestResult>();
        foreach (var version in await VersionQuery.ListAsync(repository, null, cancellation).ConfigureAwait(false))
        {
            var header = await VersionQuery.FindAsync(repository, version.VersionId, null, null, cancellation).ConfigureAwait(false);
            results.Add(await TestOperation.RunAsync(
                new TestRequest { Repository = repository, Observer = observer }, header, cancellation).ConfigureAwait(false));
        }
        return results;
    }

    private async Task<SliceSummary> DigestAsync(string folder)
    {
        await using var store = Open(folder);
        return await StoreDigest.RunAsync(store, Scope.All, cancellation).ConfigureAwait(false);
    }

    private async Task<RepositoryConnection> OpenAsync()
    {
        using var key = Key();
        return await RepositoryConnection.OpenAsync(_repositoryFolder, key, cancellation).ConfigureAwait(false);
    }

    private KeySource Key() => KeySource.FromPassphrase(_passphrase);

    private static IConnector Open(string folder) => ConnectorCatalog.Open(StoreAddress.Parse(new Uri(folder).AbsoluteUri));

    /// <summary>The demo's store and repository share a disk on purpose, so their warning is left out.</summary>
    private sealed class OnlyProgress(IOperationObserver inner) : IOperationObserver
    {
        public void Progress(OperationProgress progress) => inner.Progress(progress);

        public void Warning(string message) => inner.Verbose(message);

        public void Verbose(string message) => inner.Verbose(message);
    }
}
