using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

public sealed class RepositoryInspectionTests : OperationsFixture
{
    [Fact]
    public async Task ItSaysHowMuchRoomThereIsAndHowFastTheStorageIsAndLeavesNothing()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var before = await NamesAsync(repository);
        var info = await RepositoryInspection.RunAsync(repository, probe: true, default);
        Assert.Equal((true, true, ""), (info.IsReachable, info.IsWritable, info.Problem));
        Assert.True(info.Latency > TimeSpan.Zero);
        Assert.True(info.ReadBytesPerSecond > 0 && info.WriteBytesPerSecond > 0);
        Assert.True(info.FreeBytes > 0 && info.TotalBytes >= info.FreeBytes);
        Assert.Equal(before, await NamesAsync(repository));
        await new TestRun(TestLimits.None, Observer).RunStoredAsync(repository, default);

        var still = await RepositoryInspection.RunAsync(repository, probe: false, default);
        Assert.Null(still.IsWritable);
        Assert.Null(still.WriteBytesPerSecond);
        Assert.True(still.ReadBytesPerSecond > 0);
    }

    [Theory]
    [InlineData(ErrorId.StorageReadOnly)]
    [InlineData(ErrorId.StorageFull)]
    [InlineData(ErrorId.StorageAccessDenied)]
    public async Task AStorageThatTakesNothingIsShownWithTheReason(ErrorId failure)
    {
        await (await CreateAsync()).DisposeAsync();
        var storage = new FaultyStorage(new LocalStorage(Folder.File("repository"))) { FailAt = 1, Error = failure };
        using var key = KeySource.FromPassphrase(Passphrase);
        await using var repository = await RepositoryConnection.OpenAsync(storage, key, default);
        var info = await RepositoryInspection.RunAsync(repository, probe: true, default);
        Assert.Equal((true, false), (info.IsReachable, info.IsWritable));
        Assert.NotEmpty(info.Problem);
        Assert.True(info.ReadBytesPerSecond > 0);
    }

    [Fact]
    public async Task WhatAProbeLeftIsNoDamageAndCompactionDeletesIt()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        await repository.Storage.PutAsync("probes/0123456789abcdef0123456789abcdef", new byte[10], default);
        Assert.True((await StoredTest.RunAsync(repository, Observer, default)).Passed);
        await CompactionOperation.RunAsync(repository, CompactionOptions.Default, default);
        Assert.DoesNotContain(await NamesAsync(repository), name => name.StartsWith("probes/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ALastTestOfTheStoredBytesIsShown()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var run = new TestRun(TestLimits.None, Observer);
        await run.RunStoredAsync(repository, default);
        await run.KeepAsync(default);
        var info = await RepositoryInspection.RunAsync(repository, probe: false, default);
        Assert.Equal((BackupTestLevel.Stored, BackupTestOutcome.Passed), (info.LastTest!.Level, info.LastTest.Outcome));
    }

    private static async Task<string[]> NamesAsync(RepositoryConnection repository) =>
        [.. (await repository.Storage.ListAsync("", default).ToListAsync()).Select(item => item.Name).Order()];
}
