using TsBackup.Errors;
using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Repository;

public sealed class TestRecordsTests
{
    private static readonly DateTimeOffset s_time = DateTimeOffset.UnixEpoch.AddDays(20_000);

    [Fact]
    public async Task OfEachLevelAndSubjectTheNewestCounts()
    {
        var storage = new MemoryStorage();
        await using var repository = await SmallRepository.CreateAsync(storage);
        await repository.Tests.KeepAsync([new(s_time, "Stored", "a", true, ""), new(s_time, "Full", "a", true, "")], default);
        await repository.Tests.KeepAsync([new(s_time.AddHours(1), "Stored", "a", false, "bad")], default);
        TestRecord[] expected = [new(s_time, "Full", "a", true, ""), new(s_time.AddHours(1), "Stored", "a", false, "bad")];
        Assert.Equal(expected, await repository.Tests.ListAsync(default));
        await repository.Tests.MergeAsync(default);
        Assert.Equal(expected, await repository.Tests.ListAsync(default));
        Assert.Single(await storage.ListAsync("results/", default).ToListAsync());
    }

    [Fact]
    public async Task ResultsNeedAKeyAndADamagedOneCountsAsNotThere()
    {
        var storage = new MemoryStorage();
        await using var repository = await SmallRepository.CreateAsync(storage);
        await repository.Tests.KeepAsync([new(s_time, "Stored", "", true, "")], default);
        await using var view = await BlockRepository.OpenAsync(storage, null, default);
        await ErrorAssert.ThrowsAsync(ErrorId.PassphraseMissing, () => view.Tests.KeepAsync([new(s_time, "Full", "", true, "")], default));
        var name = (await storage.ListAsync("results/", default).SingleAsync()).Name;
        await RepairTests.ChangeAsync(storage, name, bytes => bytes[^40] ^= 1);
        Assert.Empty(await repository.Tests.ListAsync(default));
    }
}
