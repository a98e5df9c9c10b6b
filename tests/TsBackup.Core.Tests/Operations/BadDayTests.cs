using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Cli;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

/// <summary>
/// Disks that are full, read-only, slow or not to be written to, and clocks that jump: with real processes where the system allows it.
/// </summary>
public sealed class BadDayTests : OperationsFixture
{
    private readonly Dictionary<string, string?> _environment = new() { ["TSBACKUP_PASSPHRASE"] = Passphrase };

    [SkippableFact]
    public async Task ADiskThatFillsUpDuringABackupLosesNothingAndTheNextRunCompletes()
    {
        using var disk = TemporaryMount.TryMake("size=2m");
        Skip.If(disk is null, "mounting is not allowed here");
        var repository = Path.Combine(disk.Path, "repository");
        await CreateOnAsync(repository);
        WriteFile(rows: 300, seed: 1);
        (await RunAsync("backup", "--repository", repository)).Expect(0);
        WriteFile(rows: 120_000, seed: 2);
        var full = (await RunAsync("backup", "--repository", repository)).Expect(1);
        Assert.Contains(nameof(ErrorId.StorageFull), full.Error, StringComparison.Ordinal);
        (await RunCommandAsync("test", "all", "--repository", repository)).Expect(0);
        (await RunCommandAsync("test", "--repository", repository, "--level", "stored")).Expect(0);
        disk.Remount("size=64m");
        var next = (await RunAsync("backup", "--repository", repository, "--json")).Expect(0).Json;
        Assert.Equal(120_000, (int)next["Rows"]!);
        (await RunCommandAsync("test", "all", "--repository", repository)).Expect(0);
        (await RunCommandAsync("test", "--repository", repository, "--level", "stored")).Expect(0);
    }

    [SkippableFact]
    public async Task AReadOnlyRemountStopsBackupsAndNothingElse()
    {
        using var disk = TemporaryMount.TryMake("size=32m");
        Skip.If(disk is null, "mounting is not allowed here");
        var repository = Path.Combine(disk.Path, "repository");
        await CreateOnAsync(repository);
        WriteFile(rows: 300, seed: 1);
        (await RunAsync("backup", "--repository", repository)).Expect(0);
        disk.Remount("ro");
        var refused = (await RunAsync("backup", "--repository", repository)).Expect(1);
        Assert.Contains(nameof(ErrorId.StorageReadOnly), refused.Error, StringComparison.Ordinal);
        var tested = (await RunCommandAsync("test", "--repository", repository)).Expect(0);
        Assert.Contains("could not be kept", tested.Error, StringComparison.Ordinal);
        var info = (await RunCommandAsync("info", "--repository", repository, "--json")).Expect(0).Json;
        Assert.False((bool)info["IsWritable"]!);
        (await RunCommandAsync("restore", "latest", new Uri(Folder.File("target")).AbsoluteUri, "--repository", repository)).Expect(0);
        disk.Remount("rw");
        (await RunAsync("backup", "--repository", repository)).Expect(0);
    }

    [SkippableFact]
    [UnsupportedOSPlatform("windows")]
    public async Task PermissionThatWasLostStopsBackupsAndNothingElse()
    {
        Skip.If(
            OperatingSystem.IsWindows() || Environment.UserName != "root" || !File.Exists("/usr/bin/setpriv"), "only root can be another");
        var repository = Folder.File("repository");
        await CreateOnAsync(repository);
        WriteFile(rows: 300, seed: 1);
        (await RunAsync("backup", "--repository", repository)).Expect(0);

        // All may read and nobody but the owner write, who is another than the one that backs up.
        foreach (var path in Directory.GetFileSystemEntries(Folder.Path, "*", SearchOption.AllDirectories).Append(Folder.Path))
        {
            File.SetUnixFileMode(path, Directory.Exists(path)
                ? UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                    | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute
                : UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }
        Skip.If(
            !await IsReachedByNobodyAsync(AppContext.BaseDirectory) || !await IsReachedByNobodyAsync(Folder.Path),
            "Another user cannot reach the folder of the tests or the folder for temporary files.");
        var (exitCode, error) = await RunAsNobodyAsync("backup", StoreUri, "--repository", repository);
        Assert.True(exitCode == 1 && error.Contains(nameof(ErrorId.StorageAccessDenied), StringComparison.Ordinal), $"{exitCode}: {error}");
        (exitCode, error) = await RunAsNobodyAsync("test", "all", "--repository", repository);
        Assert.True(exitCode == 0 && error.Contains("could not be kept", StringComparison.Ordinal), $"{exitCode}: {error}");
        (await RunAsync("backup", "--repository", repository)).Expect(0);
    }

    [Fact]
    public async Task AFailedRenameLeavesNoFileAndIsAnErrorOfWriting()
    {
        var storage = new LocalStorage(Folder.File("repository"));
        Directory.CreateDirectory(Folder.File("repository/packs/taken/inside"));
        await ErrorAssert.ThrowsAsync(ErrorId.StorageWriteFailed, () => storage.PutAsync("packs/taken", new byte[100], default));
        Assert.Empty(Directory.GetFiles(Folder.File("repository"), "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(ErrorId.StorageReadFailed)]
    [InlineData(ErrorId.StorageWriteFailed)]
    public async Task ADeviceThatFailsIsToldAndHarmsNothing(ErrorId failure)
    {
        FillStore();
        await using (var made = await CreateAsync())
            await BackupAsync(made);
        for (var failAt = 1; failAt <= 3; failAt++)
        {
            var storage = new FaultyStorage(new LocalStorage(Folder.File("repository")))
            {
                FailAt = failAt,
                Error = failure,
                StaysDown = true,
            };
            using var key = KeySource.FromPassphrase(Passphrase);
            await using var faulty = await RepositoryConnection.OpenAsync(storage, key, default);
            Store.Add("tuesday", $"t{failAt}", MemorySlice.Make("cpu", Tuesday, 5, 90, failAt));
            await ErrorAssert.ThrowsAsync(failure, () => BackupOperation.RunAsync(Request(faulty), default));
        }
        await using var repository = await OpenAsync();
        Assert.True((await TestAsync(repository, "latest")).Passed);
        Assert.Equal(BackupVersionState.Complete, (await BackupAsync(repository)).State);
    }

    [Fact]
    public async Task ASlowStorageLosesNothingAndStopsWhenAsked()
    {
        FillStore();
        await (await CreateAsync()).DisposeAsync();
        using var key = KeySource.FromPassphrase(Passphrase);
        await using var slow = await RepositoryConnection.OpenAsync(
            new SlowStorage(new LocalStorage(Folder.File("repository")), TimeSpan.FromMilliseconds(20)), key, default);
        var version = await BackupAsync(slow);
        Assert.True((await TestAsync(slow, version.VersionId)).Passed);
        Assert.Equal(1180, (await RestoreAsync(slow, "latest", new MemoryStore("target"))).RowsRestored);

        using var stop = new CancellationTokenSource();
        Store.Add("tuesday", "t9", MemorySlice.Make("cpu", Tuesday, 5, 90, 9));
        Store.OnRead = (_, _, _) =>
        {
            stop.Cancel();
            return null;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BackupOperation.RunAsync(Request(slow), stop.Token));
        Store.OnRead = (_, _, _) => null;
        Assert.True((await TestAsync(slow, version.VersionId)).Passed);
        Assert.Equal(BackupVersionState.Complete, (await BackupAsync(slow)).State);
    }

    [Fact]
    public async Task AClockThatJumpsChangesNoData()
    {
        FillStore();
        var clock = new SettableClock();
        var random = new Random(42);
        var versions = new List<BackupVersion>();
        await using var repository = await CreateAsync();
        foreach (var days in new[] { 0, 400, -800, 1, 3650, -3650, 30 })
        {
            clock.Advance(TimeSpan.FromDays(days));
            Store.Add("tuesday", $"t{random.Next()}", MemorySlice.Make("cpu", Tuesday, 5, 90 + versions.Count, versions.Count));
            var outcome = await BackupOperation.RunAsync(Request(repository) with { Clock = clock }, default);
            versions.Add(outcome[0].Version!);
        }
        Assert.Contains(Observer.Warnings, warning => warning.Contains("future", StringComparison.Ordinal));
        for (var i = 0; i < versions.Count; i++)
        {
            Assert.Equal((5 * 130) + (2 * 40) + (5 * (90 + i)), versions[i].Rows);
            Assert.True((await TestAsync(repository, versions[i].VersionId)).Passed, $"version {i}");
        }
        await CompactionOperation.RunAsync(repository, CompactionOptions.Default with { Grace = TimeSpan.Zero }, default);
        Assert.Equal(versions.Count, (await VersionQuery.ListAsync(repository, null, default)).Count);
        Assert.True((await StoredTest.RunAsync(repository, Observer, default)).Passed);
    }

    private string StoreUri => new Uri(Folder.File("store")).AbsoluteUri;

    private static async Task CreateOnAsync(string location)
    {
        using var key = KeySource.FromPassphrase(Passphrase);
        await (await RepositoryConnection.CreateAsync(location, key, FastOptions, default)).DisposeAsync();
    }

    private Task<CommandResult> RunAsync(string command, params string[] arguments) => RunCommandAsync([command, StoreUri, .. arguments]);

    private Task<CommandResult> RunCommandAsync(params string[] arguments) => CommandLine.RunAsync(_environment, arguments);

    private static async Task<bool> IsReachedByNobodyAsync(string folder)
    {
        using var process = Process.Start("/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "test", "-r", folder]);
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }

    private static async Task<(int ExitCode, string Error)> RunAsNobodyAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/setpriv")
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        string[] own = ["--reuid=65534",
            "--regid=65534", "--clear-groups", "dotnet", Path.Combine(AppContext.BaseDirectory, "tsbackup.dll")];
        foreach (var argument in own.Concat(arguments))
            start.ArgumentList.Add(argument);
        start.Environment["TSBACKUP_PASSPHRASE"] = Passphrase;
        start.Environment["TSBACKUP_STATE_FOLDER"] = "none";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }

    private void WriteFile(int rows, int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        for (var i = 0; i < rows; i++)
        {
            var time = 1_700_000_000_000_000_000 + (i * 1_000_000_000L);
            text.Append(CultureInfo.InvariantCulture,
                $"cpu,host=h{i % 5} load={random.NextDouble()},more={random.NextDouble()},count={random.NextInt64()}i {time}\n");
        }
        Directory.CreateDirectory(Folder.File("store"));
        File.WriteAllText(Folder.File("store/cpu.lp"), text.ToString());
    }
}
