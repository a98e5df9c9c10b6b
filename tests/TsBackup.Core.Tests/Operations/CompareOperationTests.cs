using TsBackup.Operations;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

public sealed class CompareOperationTests : OperationsFixture
{
    [Fact]
    public async Task TwoVersionsDifferInTheSlicesThatChanged()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var first = await BackupAsync(repository);
        Store.Add("tuesday", "t2", MemorySlice.Make("cpu", Tuesday, 5, 91, 3), MemorySlice.Make("net", Tuesday, 1, 4, 9));
        Store.Groups.Single(g => g.Id == "monday").Slices.RemoveAt(1);
        Store.Groups[0] = Store.Groups[0] with { Fingerprint = "m2" };
        var second = await BackupAsync(repository);
        var differences = await CompareOperation.VersionsAsync(
            repository, await Find(repository, first), repository, await Find(repository, second), default);
        Assert.Equal(
            [("cpu", BackupDifferenceKind.Changed, 450L, 455L),
                ("disk", BackupDifferenceKind.Removed, 80L, 0L), ("net", BackupDifferenceKind.Added, 0L, 4L)],
            differences.Select(d => (d.Table, d.Kind, d.RowsBefore, d.RowsAfter)));
        Assert.Empty(await CompareOperation.VersionsAsync(
            repository, await Find(repository, first), repository, await Find(repository, first), default));
    }

    [Fact]
    public async Task AVersionIsComparedWithTheLiveStore()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var header = await Find(repository, await BackupAsync(repository));
        Assert.Empty(await CompareOperation.StoreAsync(repository, header, Store, 2, Observer, default));
        Store.Groups[0].Slices[0].Rows.RemoveAt(3);
        Store.Add("net", null, MemorySlice.Make("net", Monday, 1, 4, 9));
        var differences = await CompareOperation.StoreAsync(repository, header, Store, 2, Observer, default);
        Assert.Equal(
            [("cpu", BackupDifferenceKind.Changed), ("net", BackupDifferenceKind.Added)],
            differences.Select(d => (d.Table, d.Kind)).Order());
    }

    private static Task<TsBackup.Repository.VersionHeader> Find(RepositoryConnection repository, BackupVersion version) =>
        VersionQuery.FindAsync(repository, version.VersionId, null, null, default);
}
