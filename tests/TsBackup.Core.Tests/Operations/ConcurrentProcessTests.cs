using System.Collections.Concurrent;
using System.Diagnostics;
using TsBackup.Operations;
using Xunit;
using Xunit.Abstractions;

namespace TsBackup.Tests.Operations;

/// <summary>Backups, removals and compactions of one repository at once, each a process of its own.</summary>
public sealed class ConcurrentProcessTests(ITestOutputHelper output) : IDisposable
{
    private readonly ProcessRuns _runs = new();
    private readonly ConcurrentDictionary<string, bool> _versions = new();
    private readonly int _seed = Environment.TickCount;
    private int _removed;
    private int _compactions;

    public void Dispose() => _runs.Dispose();

    [Fact]
    public async Task ProcessesThatBackUpRemoveAndCompactAtOnceLoseNoVersion()
    {
        var writers = ProcessRuns.IsLong ? 8 : 3;
        var time = ProcessRuns.IsLong ? TimeSpan.FromMinutes(3) : TimeSpan.FromSeconds(8);
        await _runs.CreateAsync();
        var watch = Stopwatch.StartNew();

        // However slow the machine is, there is a removal among the backups.
        bool GoesOn() => watch.Elapsed < time || (_removed == 0 && watch.Elapsed < 10 * time);
        var backups = Enumerable.Range(0, writers).Select(store => BackUpAsync(store, GoesOn));
        await Task.WhenAll([.. backups, RemoveAsync(GoesOn), CompactAsync(GoesOn)]);
        var kept = _versions.Where(pair => pair.Value).Select(pair => pair.Key).ToList();
        Assert.True(kept.Count >= writers, $"seed {_seed}: {kept.Count} versions");
        Assert.True(_compactions > 0 && _removed > 0, $"seed {_seed}: {_compactions} compactions, {_removed} removals");
        await _runs.RequireSoundAsync(kept, $"seed {_seed}");
        await using var repository = await _runs.OpenAsync();
        Assert.Equal(kept.Order(), (await VersionQuery.ListAsync(repository, null, default)).Select(version => version.VersionId).Order());
        output.WriteLine($"{_versions.Count} backups by {writers} at once, {_removed} removed, {_compactions} compactions, seed {_seed}");
    }

    private async Task BackUpAsync(int store, Func<bool> goesOn)
    {
        var random = new Random(_seed + store);
        var rounds = 0;
        do
        {
            _runs.WriteFile(store, $"table{rounds++ % 4}", 300 + random.Next(300), random);
            var result = await _runs.RunAsync("backup", _runs.Store(store), "--repository", _runs.Repository, "--json");
            Assert.True(result.ExitCode == 0, $"seed {_seed}, store {store}: {result.Error}");
            _versions[(string)result.Json["VersionId"]!] = true;
        }
        while (goesOn());
    }

    private async Task RemoveAsync(Func<bool> goesOn)
    {
        var random = new Random(_seed - 1);
        while (goesOn())
        {
            await Task.Delay(500);
            var kept = _versions.Where(pair => pair.Value).Select(pair => pair.Key).ToList();
            if (kept.Count < 4)
                continue;
            var id = kept[random.Next(kept.Count)];
            _versions[id] = false;
            var result = await _runs.RunAsync("remove", id, "--repository", _runs.Repository, "--force", "--json");
            Assert.True(result.ExitCode == 0, $"seed {_seed}, removing {id}: {result.Error}");
            _removed++;
        }
    }

    private async Task CompactAsync(Func<bool> goesOn)
    {
        while (goesOn())
        {
            var result = await _runs.RunAsync("compact", "--repository", _runs.Repository, "--grace", "00:00:00", "--json");
            Assert.True(result.ExitCode == 0, $"seed {_seed}, compacting: {result.Error}");
            _compactions++;
        }
    }
}
