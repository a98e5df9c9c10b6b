using System.Diagnostics;
using TsBackup.Connectors;
using TsBackup.Operations;
using Xunit;
using Xunit.Abstractions;

namespace TsBackup.Tests.Operations;

/// <summary>Kills real backup processes. The fault storage of the engine's crash tests stops at each write; here it is whenever.</summary>
public sealed class KilledBackupTests(ITestOutputHelper output) : IDisposable
{
    private const int KeptVersions = 4;
    private readonly ProcessRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [SkippableFact]
    public async Task ABackupKilledAtAnyMomentHurtsNoVersionAndTheNextOneIsWhole()
    {
        Skip.If(OperatingSystem.IsWindows(), "There is no SIGKILL.");
        var wanted = ProcessRuns.IsLong ? 200 : 8;
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await _runs.CreateAsync();
        var versions = new List<string>();
        for (var table = 0; table < 6; table++)
            _runs.WriteFile(0, $"table{table}", 800, random);
        var watch = Stopwatch.StartNew();
        versions.Add(await BackupAsync("first"));
        var whole = watch.Elapsed;
        var kills = 0;
        var traces = 0;
        for (var round = 0; kills < wanted; round++)
        {
            var context = $"seed {seed}, round {round}";
            Assert.True(round < 20 * wanted, $"{context}: only {kills} backups could be killed in time");
            _runs.WriteFile(0, $"table{random.Next(6)}", 600 + random.Next(400), random);
            var before = Directory.GetFiles(_runs.Repository, "*", SearchOption.AllDirectories).Length;
            watch.Restart();
            if (await _runs.KillBackupAsync(0, whole * (0.3 + (0.8 * random.NextDouble()))))
                kills++;
            else
                whole = watch.Elapsed;
            traces += Directory.GetFiles(_runs.Repository, "*", SearchOption.AllDirectories).Length != before ? 1 : 0;
            await _runs.RequireSoundAsync(versions, context);
            versions.Add(await BackupInProcessAsync());
            await _runs.RequireSoundAsync([versions[^1]], context);
            while (versions.Count > KeptVersions)
                versions.RemoveAt(random.Next(versions.Count));
        }
        await _runs.RequireSoundAsync(versions, $"seed {seed}, at the end");
        output.WriteLine($"{kills} kills, {traces} of the runs left something in the repository, seed {seed}");
    }

    private async Task<string> BackupAsync(string context)
    {
        var result = await _runs.RunAsync("backup", _runs.Store(0), "--repository", _runs.Repository, "--json");
        Assert.True(result.ExitCode == 0, $"{context}: {result.Error}");
        return (string)result.Json["VersionId"]!;
    }

    private async Task<string> BackupInProcessAsync()
    {
        await using var repository = await _runs.OpenAsync();
        await using var store = ConnectorCatalog.Open(StoreAddress.Parse(_runs.Store(0)), new ConnectorOptions());
        var outcome = (await BackupOperation.RunAsync(new BackupRequest { Connector = store, Repositories = [repository] }, default))[0];
        Assert.Equal(BackupVersionState.Complete, outcome.Version!.State);
        return outcome.Version.VersionId;
    }
}
