using TsBackup.Errors;
using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace TsBackup.Tests.Repository;

/// <summary>
/// Whatever happens to the files of a repository is found without a key, told of the right object, and nothing else is called bad.
/// </summary>
public sealed class DamageTests(ITestOutputHelper output)
{
    private static readonly string[] s_ignored = ["sessions/"];

    private static bool IsLong => Environment.GetEnvironmentVariable("TSBACKUP_LONG_TESTS") == "1";

    [Fact]
    public async Task AnIntactRepositoryHasNoProblem()
    {
        Assert.Empty(await ProblemsAsync(await SampleAsync()));
    }

    [Fact]
    public async Task EveryFlippedByteIsFoundInItsObject()
    {
        var sample = await SampleAsync();
        var step = IsLong ? 1 : 7;
        var flips = 0;
        foreach (var (name, content) in sample)
        {
            for (var at = 0; at < content.Length; at += at < 400 || at > content.Length - 100 ? 1 : step)
            {
                var changed = content.ToArray();
                changed[at] ^= (byte)(1 << at % 8);
                await RequireFoundAsync(sample, name, changed, $"byte {at} flipped");
                flips++;
            }
        }
        output.WriteLine($"{flips} bytes flipped in {sample.Count} files of {sample.Values.Sum(content => content.Length)} bytes");
    }

    [Fact]
    public async Task EveryCutFileIsFound()
    {
        var sample = await SampleAsync();
        var step = IsLong ? 1 : 11;
        var cuts = 0;
        foreach (var (name, content) in sample)
        {
            for (var length = 0; length < content.Length; length += length < 300 || length > content.Length - 100 ? 1 : step, cuts++)
                await RequireFoundAsync(sample, name, content[..length], $"cut to {length}");
            await RequireFoundAsync(sample, name, [.. content, 0], "one byte longer");
        }
        output.WriteLine($"{cuts} cuts of {sample.Count} files");
    }

    [Fact]
    public async Task EveryMissingFileIsFound()
    {
        var sample = await SampleAsync();
        await ErrorAssert.ThrowsAsync(
            ErrorId.ConfigDamaged, () => OpenAsync(sample.Where(item => item.Key != ObjectNames.Config).ToDictionary(), null));
        foreach (var name in sample.Keys.Where(name => name != ObjectNames.Config))
        {
            var isLastOfLog = name == sample.Keys.Where(other => other.StartsWith("log/", StringComparison.Ordinal))
                .Max(StringComparer.Ordinal);
            var without = sample.Where(item => item.Key != name).ToDictionary();
            if (!isLastOfLog)
            {
                Assert.Equal([name], (await ProblemsAsync(without)).Select(problem => problem.Name).Distinct());
                continue;
            }

            // The end of the log looks like a crash between commit point and log: what it would have said is left over. A client
            // that saw the entry notices.
            await using var repository = await OpenAsync(without, null);
            var check = new StoredCheck(repository, StoredCheckOptions.Default);
            Assert.Empty(await check.RunAsync(default).ToListAsync());
            Assert.NotEmpty(check.Leftovers);
            await using var full = await OpenAsync(sample, null);
            var known = await full.Log.GetHeadAsync(default);
            await ErrorAssert.ThrowsAsync(ErrorId.RepositoryRolledBack, () => repository.Log.RequireAsync(known, default));
        }
    }

    [Fact]
    public async Task EveryPairOfSwappedFilesIsFound()
    {
        var sample = await SampleAsync();
        var names = sample.Keys.Order(StringComparer.Ordinal).ToArray();
        for (var i = 0; i < names.Length; i++)
        {
            for (var j = i + 1; j < names.Length; j++)
            {
                var swapped = sample.ToDictionary();
                (swapped[names[i]], swapped[names[j]]) = (swapped[names[j]], swapped[names[i]]);
                if (names[i] == ObjectNames.Config || names[j] == ObjectNames.Config)
                {
                    await ErrorAssert.ThrowsAsync(ErrorId.ConfigDamaged, () => OpenAsync(swapped, null));
                    continue;
                }
                var found = (await ProblemsAsync(swapped)).Select(problem => problem.Name).ToHashSet();
                Assert.True(found.SetEquals([names[i], names[j]]), $"{names[i]} and {names[j]}: {string.Join(' ', found)}");
            }
        }
        output.WriteLine($"{names.Length * (names.Length - 1) / 2} pairs of files swapped");
    }

    [Fact]
    public async Task AFileOfAnotherRepositoryIsFound()
    {
        var sample = await SampleAsync();
        var other = await SampleAsync();
        var mixed = sample.ToDictionary();
        mixed["log/0000000001"] = other["log/0000000001"];
        Assert.Contains(await ProblemsAsync(mixed), problem => problem.Name == "log/0000000001");
    }

    [Fact]
    public async Task AnErasedVersionThatIsPutBackIsFoundAndRepairDropsIt()
    {
        var storage = new MemoryStorage();
        await using var repository = await SmallRepository.CreateAsync(storage);
        var erased = await SmallRepository.BackUpAsync(repository, 1, 2);
        await SmallRepository.BackUpAsync(repository, 2, 3);
        var name = ObjectNames.Version(erased.Id);
        var content = new byte[await storage.GetLengthAsync(name, default)];
        await storage.ReadAsync(name, 0, content, default);
        await repository.Removal.RemoveAsync(erased.Id, false, default);
        await new Compaction(repository, CompactionTests.AtOnce).RunAsync(default);
        await storage.PutAsync(name, content, default);

        var problem = Assert.Single(await new StoredCheck(repository, StoredCheckOptions.Default).RunAsync(default).ToListAsync());
        Assert.Equal((ErrorId.VersionDamaged, name), (problem.ErrorId, problem.Name));
        Assert.Equal([name], (await new Repair(repository, RepairOptions.Default).RunAsync(default)).ObjectsDropped);
        await using var again = await SmallRepository.OpenAsync(storage);
        Assert.Empty(await new StoredCheck(again, StoredCheckOptions.Default).RunAsync(default).ToListAsync());
        Assert.Single(await SmallRepository.ListAsync(again));
    }

    [Fact]
    public async Task DamagedBytesNeverComeOutOfAnyReadingWithAKey()
    {
        var sample = await SampleAsync();
        foreach (var (name, content) in sample)
        {
            for (var at = 5; at < content.Length; at += 97)
            {
                var changed = sample.ToDictionary();
                changed[name] = content.ToArray();
                changed[name][at] ^= 0x10;
                try
                {
                    await using var repository = await OpenAsync(changed, SmallRepository.Passphrase);
                    await foreach (var version in repository.ListVersionsAsync(default))
                        await SmallRepository.RequireIntactAsync(repository, version);
                }
                catch (TsBackupException failure)
                {
                    Assert.True(failure.Kind is ErrorKind.Damaged or ErrorKind.Version, $"{name} byte {at}: {failure.Id}");
                }
            }
        }
    }

    [Fact]
    public async Task ADamagedVersionDoesNotHideTheOthers()
    {
        var sample = await SampleAsync();
        var name = sample.Keys.First(name => name.StartsWith("versions/", StringComparison.Ordinal));
        sample[name][40] ^= 1;
        await using var repository = await OpenAsync(sample, SmallRepository.Passphrase);
        List<RepositoryProblem> problems = [];
        var versions = await repository.ListVersionsAsync(false, problems.Add, default).ToListAsync();
        Assert.Single(versions);
        Assert.Equal((ErrorId.VersionDamaged, name), (problems[0].ErrorId, problems[0].Name));
    }

    [Fact]
    public async Task ABackupAfterALostPackStoresWhatWasInIt()
    {
        var sample = await SampleAsync();
        foreach (var name in sample.Keys.Where(name => name.StartsWith("packs/", StringComparison.Ordinal)).ToList())
            sample.Remove(name);
        await using var repository = await OpenAsync(sample, SmallRepository.Passphrase);
        var version = await SmallRepository.BackUpAsync(repository, 1, 2, 3);
        await SmallRepository.RequireIntactAsync(repository, version);
    }

    internal static async Task<Dictionary<string, byte[]>> SampleAsync()
    {
        var storage = new MemoryStorage();
        await using (var repository = await SmallRepository.CreateAsync(storage))
        {
            await SmallRepository.BackUpAsync(repository, 1, 2);
            await SmallRepository.BackUpAsync(repository, 2, 3);
        }
        Dictionary<string, byte[]> sample = new(StringComparer.Ordinal);
        await foreach (var item in storage.ListAsync("", default))
        {
            if (s_ignored.Any(prefix => item.Name.StartsWith(prefix, StringComparison.Ordinal)))
                continue;
            sample[item.Name] = new byte[item.Length];
            await storage.ReadAsync(item.Name, 0, sample[item.Name], default);
        }
        return sample;
    }

    internal static async Task<MemoryStorage> StorageAsync(Dictionary<string, byte[]> sample)
    {
        var storage = new MemoryStorage();
        foreach (var (name, content) in sample)
            await storage.PutAsync(name, content, default);
        return storage;
    }

    private static async Task<BlockRepository> OpenAsync(Dictionary<string, byte[]> sample, string? passphrase)
    {
        using var key = passphrase is null ? null : KeySource.FromPassphrase(passphrase);
        return await BlockRepository.OpenAsync(await StorageAsync(sample), key, SmallRepository.Options, default);
    }

    private static async Task<List<RepositoryProblem>> ProblemsAsync(Dictionary<string, byte[]> sample)
    {
        await using var repository = await OpenAsync(sample, null);
        return await new StoredCheck(repository, StoredCheckOptions.Default).RunAsync(default).ToListAsync();
    }

    private static async Task RequireFoundAsync(Dictionary<string, byte[]> sample, string name, byte[] content, string what)
    {
        var changed = sample.ToDictionary();
        changed[name] = content;
        if (name == ObjectNames.Config)
        {
            var error = await Assert.ThrowsAsync<TsBackupException>(() => OpenAsync(changed, null));
            Assert.True(error.Id is ErrorId.ConfigDamaged or ErrorId.RepositoryVersionUnsupported, $"{name}: {what}: {error.Id}");
            return;
        }
        var found = (await ProblemsAsync(changed)).Select(problem => problem.Name).Distinct().ToList();
        Assert.True(found is [var one] && one == name, $"{name}: {what}: told {string.Join(' ', found)}");
    }
}
