using System.Globalization;
using System.Text;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Tests.Cli;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

/// <summary>A repository that real processes of the command line work on, and stores of line-protocol files for them.</summary>
internal sealed class ProcessRuns : IDisposable
{
    private readonly Dictionary<string, string?> _environment = new() { ["TSBACKUP_PASSPHRASE"] = OperationsFixture.Passphrase };
    private readonly ScratchFolder _folder = new();

    public static bool IsLong => Environment.GetEnvironmentVariable("TSBACKUP_LONG_TESTS") == "1";

    public string Repository => _folder.File("repository");

    public void Dispose() => _folder.Dispose();

    public string Store(int number) => new Uri(_folder.File($"store{number}")).AbsoluteUri;

    public async Task CreateAsync()
    {
        using var key = KeySource.FromPassphrase(OperationsFixture.Passphrase);
        await (await RepositoryConnection.CreateAsync(Repository, key, OperationsFixture.FastOptions, default)).DisposeAsync();
    }

    public async Task<RepositoryConnection> OpenAsync()
    {
        using var key = KeySource.FromPassphrase(OperationsFixture.Passphrase);
        return await RepositoryConnection.OpenAsync(Repository, key, default);
    }

    /// <summary>Adds a file of random rows to a store, or writes one anew.</summary>
    public void WriteFile(int store, string table, int rows, Random random)
    {
        var text = new StringBuilder();
        for (var i = 0; i < rows; i++)
        {
            var time = 1_700_000_000_000_000_000 + (i * 1_000_000_000L);
            text.Append(CultureInfo.InvariantCulture, $"{table},host=h{i % 5} load={random.NextDouble()},count={random.Next()}i {time}\n");
        }
        Directory.CreateDirectory(_folder.File($"store{store}"));
        File.WriteAllText(_folder.File($"store{store}/{table}.lp"), text.ToString());
    }

    public Task<CommandResult> RunAsync(params string[] arguments) => CommandLine.RunAsync(_environment, arguments);

    /// <summary>Starts a backup and kills it after a time.</summary>
    /// <returns>True when it was killed before it ended by itself.</returns>
    public async Task<bool> KillBackupAsync(int store, TimeSpan after)
    {
        using var process = CommandLine.Start(_environment, "backup", Store(store), "--repository", Repository, "--json");
        using var limit = new CancellationTokenSource(after);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
        return process.ExitCode == 137;
    }

    /// <summary>Requires that the Stored check passes and that each of the versions is there and passes Full.</summary>
    public async Task RequireSoundAsync(IReadOnlyCollection<string> versions, string context)
    {
        await using var repository = await OpenAsync();
        var stored = await StoredTest.RunAsync(repository, SilentObserver.Instance, default);
        Assert.True(stored.Passed, $"{context}: {string.Join("; ", stored.Problems)}");
        var there = (await VersionQuery.ListAsync(repository, null, default)).Select(version => version.VersionId).ToHashSet();
        foreach (var version in versions)
        {
            Assert.True(there.Contains(version), $"{context}: version {version} is gone");
            var full = await OperationsFixture.TestAsync(repository, version);
            Assert.True(full.Passed, $"{context}: {version}: {string.Join("; ", full.Problems)}");
        }
    }
}
