using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

public sealed class FailingRepositoryTests : OperationsFixture
{
    [Theory]
    [InlineData(ErrorId.StorageFull)]
    [InlineData(ErrorId.StorageReadOnly)]
    [InlineData(ErrorId.StorageWriteFailed)]
    [InlineData(ErrorId.StorageAccessDenied)]
    public async Task AStorageThatFailsAtAnyWriteKeepsEarlierVersionsAndTheNextRunCompletes(ErrorId failure)
    {
        FillStore();
        await using var healthy = await CreateAsync();
        var first = await BackupAsync(healthy);
        for (var failAt = 1; ; failAt++)
        {
            Store.Add("tuesday", $"t{failAt}", MemorySlice.Make("cpu", Tuesday, 5, 90, 100 + failAt));
            var error = await BackupIntoAsync(failAt, failure);
            if (error is null)
            {
                Assert.True(failAt > 2, "the storage never failed");
                break;
            }
            Assert.Equal(failure, error.Id);
            Assert.True((await TestAsync(healthy, first.VersionId)).Passed, $"after failure {failAt}");
        }
        await using var again = await OpenAsync();
        var next = await BackupAsync(again);
        Assert.Equal(BackupVersionState.Complete, next.State);
        Assert.True((await TestAsync(again, next.VersionId)).Passed);
        Assert.True((await StoredTest.RunAsync(again, Observer, default)).Passed);
    }

    [Fact]
    public async Task WhenOneOfTwoRepositoriesFailsTheOtherIsCompleteAndTheFailedOneCatchesUp()
    {
        FillStore();
        await (await CreateAsync("a")).DisposeAsync();
        await using var b = await CreateAsync("b");
        await using (var a = await OpenFaultyAsync("a", 2, ErrorId.StorageFull))
        {
            var outcomes = await BackupOperation.RunAsync(Request(a, b), default);
            Assert.Equal(ErrorId.StorageFull, outcomes[0].Error!.Id);
            Assert.Null(outcomes[0].Version);
            Assert.Equal(BackupVersionState.Complete, outcomes[1].Version!.State);
        }
        Assert.True((await TestAsync(b, "latest")).Passed);

        await using var whole = await OpenAsync("a");
        var both = await BackupOperation.RunAsync(Request(whole, b), default);
        Assert.All(both, o => Assert.Equal(BackupVersionState.Complete, o.Version!.State));
        Assert.True((await TestAsync(whole, "latest")).Passed);
    }

    private async Task<TsBackupException?> BackupIntoAsync(int failAt, ErrorId failure)
    {
        try
        {
            await using var faulty = await OpenFaultyAsync("repository", failAt, failure);
            await BackupOperation.RunAsync(Request(faulty), default);
            return null;
        }
        catch (TsBackupException e)
        {
            return e;
        }
    }

    private async Task<RepositoryConnection> OpenFaultyAsync(string name, int failAt, ErrorId failure)
    {
        var storage = new FaultyStorage(new LocalStorage(Folder.File(name))) { FailAt = failAt, Error = failure, StaysDown = true };
        using var key = KeySource.FromPassphrase(Passphrase);
        return await RepositoryConnection.OpenAsync(storage, key, default);
    }
}
