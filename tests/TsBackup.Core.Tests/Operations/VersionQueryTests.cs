using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Operations;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

public sealed class VersionQueryTests : OperationsFixture
{
    [Fact]
    public async Task AVersionIsFoundByIdByItsBeginningAndAsLatest()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var first = await BackupAsync(repository);
        var second = await BackupAsync(repository);
        Assert.Equal(first.VersionId, (await Find(repository, first.VersionId)).Id);
        Assert.Equal(second.VersionId, (await Find(repository, "latest")).Id);
        var unique = second.VersionId[..(CommonPrefix(first.VersionId, second.VersionId) + 1)];
        Assert.Equal(second.VersionId, (await Find(repository, unique)).Id);
        Assert.Equal(2, (await VersionQuery.ListAsync(repository, Store.Address.ToString(), default)).Count);
        Assert.Empty(await VersionQuery.ListAsync(repository, "memory://elsewhere/x", default));
    }

    [Fact]
    public async Task AnUnknownAndAnAmbiguousVersionAreErrors()
    {
        FillStore();
        await using var repository = await CreateAsync();
        Assert.Equal(ErrorId.VersionNotFound, (await Assert.ThrowsAsync<TsBackupException>(() => Find(repository, "latest"))).Id);
        var first = await BackupAsync(repository);
        await BackupAsync(repository);
        Assert.Equal(ErrorId.VersionNotFound, (await Assert.ThrowsAsync<TsBackupException>(() => Find(repository, "1999"))).Id);
        Assert.Equal(
            ErrorId.VersionAmbiguous, (await Assert.ThrowsAsync<TsBackupException>(() => Find(repository, first.VersionId[..2]))).Id);
    }

    [Fact]
    public async Task LatestMeansTheNewestCompleteOne()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var complete = await BackupAsync(repository);
        Store.Add("tuesday", "t2", [.. Store.Groups.Single(g => g.Id == "tuesday").Slices]);
        Store.OnRead = (_, slice, _) => new SliceFailure(slice, new TsBackupException(ErrorId.StoreQueryFailed, "No."));
        var incomplete = await BackupAsync(repository);
        Assert.Equal(BackupVersionState.Incomplete, incomplete.State);
        Assert.Equal(complete.VersionId, (await Find(repository, "latest")).Id);
        var before = complete.Started.AddDays(-1);
        var error = await Assert.ThrowsAsync<TsBackupException>(() => VersionQuery.FindAsync(repository, "latest", null, before, default));
        Assert.Equal(ErrorId.VersionNotFound, error.Id);
    }

    [Fact]
    public async Task LatestMeansTheWholeStoreBeforeAPartOfIt()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var part = Request(repository) with { Scope = new Scope(["disk"], [], TimeRange.All) };
        var first = (await BackupOperation.RunAsync(part, default))[0].Version!;
        Assert.Equal(first.VersionId, (await Find(repository, "latest")).Id);
        var whole = await BackupAsync(repository);
        await BackupOperation.RunAsync(part, default);

        Assert.Equal(whole.VersionId, (await Find(repository, "latest")).Id);
        Assert.Equal(whole.VersionId, Assert.Single(await new VersionFilter { Latest = true }.ListAsync(repository, default)).VersionId);
        await ErrorAssert.ThrowsAsync(ErrorId.VersionProtected, () => RetentionOperation.RemoveAsync(repository, whole.VersionId, false, default));
    }

    [Fact]
    public async Task LatestOfSeveralStoresMustSayWhich()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var first = await BackupAsync(repository);
        var other = new MemoryStore("other");
        other.Groups.AddRange(Store.Groups);
        await BackupOperation.RunAsync(Request(repository) with { Connector = other }, default);

        await ErrorAssert.ThrowsAsync(ErrorId.VersionAmbiguous, () => Find(repository, "latest"));

        var named = await VersionQuery.FindAsync(repository, "latest", Store.Address.ToString(), null, default);
        Assert.Equal(first.VersionId, named.Id);
    }

    private static Task<TsBackup.Repository.VersionHeader> Find(RepositoryConnection repository, string id) =>
        VersionQuery.FindAsync(repository, id, null, null, default);

    private static int CommonPrefix(string a, string b)
    {
        var length = 0;
        while (a[length] == b[length])
            length++;
        return length;
    }
}
