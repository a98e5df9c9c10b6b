using TsBackup.Errors;
using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace TsBackup.Tests.Repository;

/// <summary>A run that ends at any storage operation leaves earlier versions readable, and the next run completes and reuses.</summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(ErrorId.StorageWriteFailed, true, false)]
    [InlineData(ErrorId.StorageWriteFailed, true, true)]
    [InlineData(ErrorId.StorageWriteFailed, false, false)]
    [InlineData(ErrorId.StorageFull, false, false)]
    [InlineData(ErrorId.StorageReadOnly, true, false)]
    [InlineData(ErrorId.StorageAccessDenied, false, true)]
    public async Task ABackupThatStopsAtAnyOperationHarmsNothing(ErrorId error, bool staysDown, bool doesItAnyway)
    {
        for (var failAt = 1; ; failAt++)
        {
            var storage = new MemoryStorage();
            await using var first = await SmallRepository.CreateAsync(storage);
            await SmallRepository.BackUpAsync(first, 1, 2, 3);
            var faulty = new FaultyStorage(storage) { FailAt = failAt, Error = error, StaysDown = staysDown, DoesItAnyway = doesItAnyway };
            var committed = await TryBackUpAsync(faulty, error);
            if (faulty.Changes < failAt)
            {
                Assert.True(committed);
                output.WriteLine($"{failAt - 1} faults");
                return;
            }
            await RequireSoundAsync(storage, committed ? 2 : 1);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(300)]
    [InlineData(600)]
    [InlineData(999)]
    public async Task AWriteThatACrashToreAtAnyLengthHarmsNothingAndTheNextBackupCompletes(int permille)
    {
        for (var failAt = 1; ; failAt++)
        {
            var storage = new MemoryStorage();
            await using var first = await SmallRepository.CreateAsync(storage);
            await SmallRepository.BackUpAsync(first, 1, 2, 3);
            var faulty = new FaultyStorage(storage) { FailAt = failAt, StaysDown = true, TornPermille = permille };
            await TryBackUpAsync(faulty, ErrorId.StorageWriteFailed);
            if (faulty.Changes < failAt)
            {
                output.WriteLine($"{failAt - 1} torn writes");
                return;
            }
            await RequireSoundAfterRepairAsync(storage);
        }
    }

    [Fact]
    public async Task ACompactionThatACrashToreHarmsNothingAndTheNextBackupCompletes()
    {
        for (var failAt = 1; ; failAt++)
        {
            var clock = new SettableClock();
            var storage = new MemoryStorage();
            await using (var first = await CompactionTests.OpenAsync(await SeededAsync(storage), clock))
                await first.Removal.RemoveAsync((await SmallRepository.ListAsync(first))[0].Id, false, default);
            var faulty = new FaultyStorage(storage) { FailAt = failAt, StaysDown = true, TornPermille = 400 };
            await using (var dying = await CompactionTests.OpenAsync(faulty, clock))
                await Record.ExceptionAsync(() => new Compaction(dying, CompactionTests.AtOnce).RunAsync(default));
            if (faulty.Changes < failAt)
            {
                output.WriteLine($"{failAt - 1} torn writes");
                return;
            }
            await RequireSoundAfterRepairAsync(storage);
        }
    }

    [Fact]
    public async Task BlocksOfAnInterruptedRunAreNotStoredAgain()
    {
        var storage = new MemoryStorage();
        await using (var repository = await SmallRepository.CreateAsync(storage))
        {
            // Dies after its second pack: no index, no version.
            var faulty = new FaultyStorage(storage) { FailAt = 4, StaysDown = true };
            await using var dying = await SmallRepository.OpenAsync(faulty);
            await Assert.ThrowsAsync<TsBackupException>(() => SmallRepository.BackUpAsync(dying, [.. Enumerable.Range(0, 100)]));
        }
        Assert.Equal(2, await storage.ListAsync("packs/", default).CountAsync());
        Assert.Empty(await storage.ListAsync("index/", default).ToListAsync());
        await using var again = await SmallRepository.OpenAsync(storage);
        var version = await SmallRepository.BackUpAsync(again, [.. Enumerable.Range(0, 100)]);
        Assert.InRange(version.NewBlocks, 1, 65);
        await SmallRepository.RequireIntactAsync(await SmallRepository.OpenAsync(storage), version);
    }

    [Fact]
    public async Task ACreationThatStopsAnywhereLeavesARepositoryOrNone()
    {
        for (var failAt = 1; ; failAt++)
        {
            var storage = new MemoryStorage();
            var faulty = new FaultyStorage(storage) { FailAt = failAt, StaysDown = true };
            try
            {
                await SmallRepository.CreateAsync(faulty);
            }
            catch (TsBackupException failure)
            {
                Assert.Equal(ErrorId.StorageWriteFailed, failure.Id);
            }
            if (faulty.Changes < failAt)
                return;
            try
            {
                await using var repository = await SmallRepository.OpenAsync(storage);
                await SmallRepository.BackUpAsync(repository, 1);
            }
            catch (TsBackupException failure)
            {
                Assert.True(failure.Id is ErrorId.RepositoryNotFound or ErrorId.RepositoryKeyWrong, $"{failAt}: {failure.Id}");
            }
        }
    }

    [Fact]
    public async Task ACompactionThatStopsAnywhereHarmsNothing()
    {
        for (var failAt = 1; ; failAt++)
        {
            var clock = new SettableClock();
            var storage = new MemoryStorage();
            await using (var first = await CompactionTests.OpenAsync(await SeededAsync(storage), clock))
            {
                var versions = await SmallRepository.ListAsync(first);
                await first.Removal.RemoveAsync(versions[0].Id, false, default);
            }
            var faulty = new FaultyStorage(storage) { FailAt = failAt, StaysDown = true };
            try
            {
                await using var repository = await CompactionTests.OpenAsync(faulty, clock);
                await new Compaction(repository, CompactionTests.AtOnce).RunAsync(default);
            }
            catch (TsBackupException failure)
            {
                Assert.Equal(ErrorId.StorageWriteFailed, failure.Id);
            }
            clock.Advance(TimeSpan.FromDays(1));
            await using (var next = await CompactionTests.OpenAsync(storage, clock))
            {
                await new Compaction(next, CompactionTests.AtOnce).RunAsync(default);
                clock.Advance(TimeSpan.FromDays(1));
                await new Compaction(next, CompactionTests.AtOnce).RunAsync(default);
            }
            await RequireSoundAsync(storage, 1, new RetryHint(failAt));
            if (faulty.Changes < failAt)
                return;
        }
    }

    private static async Task<IStorage> SeededAsync(MemoryStorage storage)
    {
        await using var repository = await SmallRepository.CreateAsync(storage);
        await SmallRepository.BackUpAsync(repository, [.. Enumerable.Range(0, 30)]);
        await Task.Delay(20);
        await SmallRepository.BackUpAsync(repository, [.. Enumerable.Range(20, 30)]);
        return storage;
    }

    private static async Task<bool> TryBackUpAsync(IStorage storage, ErrorId error)
    {
        try
        {
            await using var repository = await SmallRepository.OpenAsync(storage);
            await SmallRepository.BackUpAsync(repository, 3, 4, 5);
            return true;
        }
        catch (TsBackupException failure)
        {
            Assert.Equal(error, failure.Id);
            return false;
        }
    }

    private static async Task RequireSoundAsync(MemoryStorage storage, int least, RetryHint? hint = null)
    {
        await using var repository = await SmallRepository.OpenAsync(storage);
        var versions = await SmallRepository.ListAsync(repository);
        Assert.True(versions.Count >= least, $"{hint}: {versions.Count} versions");
        foreach (var version in versions)
            await SmallRepository.RequireIntactAsync(repository, version);
        var next = await SmallRepository.BackUpAsync(repository, 3, 4, 5, 6);
        await SmallRepository.RequireIntactAsync(await SmallRepository.OpenAsync(storage), next);
        await using var view = await BlockRepository.OpenAsync(storage, null, default);
        Assert.Empty(await new StoredCheck(view, StoredCheckOptions.Default).RunAsync(default).ToListAsync());
    }

    /// <summary>The next backup completes at once; what the crash tore is told, and gone after a repair.</summary>
    private static async Task RequireSoundAfterRepairAsync(MemoryStorage storage)
    {
        VersionHeader next;
        await using (var repository = await SmallRepository.OpenAsync(storage))
        {
            next = await SmallRepository.BackUpAsync(repository, 3, 4, 5, 6);
            await foreach (var version in repository.ListVersionsAsync(default))
                await SmallRepository.RequireIntactAsync(repository, version);
        }
        await using (var repository = await SmallRepository.OpenAsync(storage))
            await new Repair(repository, RepairOptions.Default).RunAsync(default);
        await using var sound = await SmallRepository.OpenAsync(storage);
        Assert.Contains(await SmallRepository.ListAsync(sound), version => version.Id == next.Id);
        await foreach (var version in sound.ListVersionsAsync(default))
            await SmallRepository.RequireIntactAsync(sound, version);
        Assert.Empty(await new StoredCheck(sound, StoredCheckOptions.Default).RunAsync(default).ToListAsync());
    }

    private sealed record RetryHint(int FailAt);
}
