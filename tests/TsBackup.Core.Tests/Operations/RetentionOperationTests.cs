using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

public sealed class RetentionOperationTests : OperationsFixture
{
    [Fact]
    public async Task AVersionIsRemovedTakenBackAndErasedByCompaction()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var first = await BackupAsync(repository);
        Store.Add("tuesday", "t2", MemorySlice.Make("cpu", Tuesday, 5, 91, 77));
        var second = await BackupAsync(repository);

        Assert.True((await RetentionOperation.RemoveAsync(repository, first.VersionId, force: false, default)).Removed);
        Assert.Single(await VersionQuery.ListAsync(repository, null, default));
        Assert.Equal(first.VersionId, (await RetentionOperation.TakeBackAsync(repository, first.VersionId, default)).VersionId);
        Assert.True((await TestAsync(repository, first.VersionId)).Passed);

        await RetentionOperation.RemoveAsync(repository, first.VersionId, force: false, default);
        var compaction = await CompactionOperation.RunAsync(repository, new CompactionOptions { Grace = TimeSpan.Zero }, default);
        Assert.Equal(1, compaction.VersionsErased);
        var error = await Assert
            .ThrowsAsync<TsBackupException>(() => RetentionOperation.TakeBackAsync(repository, first.VersionId, default));
        Assert.Equal(ErrorId.VersionNotFound, error.Id);
        Assert.True((await TestAsync(repository, second.VersionId)).Passed);
    }

    [Fact]
    public async Task TheLastCompleteVersionOfAStoreStaysUnlessForced()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var only = await BackupAsync(repository);
        var error = await Assert
            .ThrowsAsync<TsBackupException>(() => RetentionOperation.RemoveAsync(repository, only.VersionId, force: false, default));
        Assert.Equal(ErrorId.VersionProtected, error.Id);
        Assert.True((await RetentionOperation.RemoveAsync(repository, only.VersionId, force: true, default)).Removed);
    }

    [Fact]
    public async Task APlanRemovesNothingAndTheRuleDoesWhatThePlanSaid()
    {
        FillStore();
        await using var repository = await CreateAsync();
        for (var i = 0; i < 4; i++)
            await BackupAsync(repository);
        var rule = new RetentionRule { KeepLast = 2 };
        var plan = await RetentionOperation.ApplyAsync(repository, rule, null, planOnly: true, default);
        Assert.Equal(4, (await VersionQuery.ListAsync(repository, null, default)).Count);
        var done = await RetentionOperation.ApplyAsync(repository, rule, null, planOnly: false, default);
        Assert.Equal(plan.Select(p => (p.VersionId, p.Keep)), done.Select(d => (d.VersionId, d.Keep)));
        Assert.Equal(2, done.Count(d => d.Removed));
        Assert.Equal(2, (await VersionQuery.ListAsync(repository, null, default)).Count);
    }

    [Fact]
    public async Task KeysAreAddedListedAndRemoved()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        using var second = KeySource.FromPassphrase("second");
        var added = await KeyOperation.AddAsync(repository, second, KeyAccess.Full, "bob", 1000, default);
        Assert.Equal("bob", added.Label);
        Assert.Equal(2, (await KeyOperation.ListAsync(repository, default)).Count);
        await using (var bob = await RepositoryConnection.OpenAsync(Folder.File("repository"), second, default))
            Assert.True((await TestAsync(bob, "latest")).Passed);
        await KeyOperation.RemoveAsync(repository, added.KeyId, default);
        var error = await Assert
            .ThrowsAsync<TsBackupException>(() => RepositoryConnection.OpenAsync(Folder.File("repository"), second, default));
        Assert.Equal(ErrorId.RepositoryKeyWrong, error.Id);
    }
}
