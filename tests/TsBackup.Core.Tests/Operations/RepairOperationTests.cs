using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

public sealed class RepairOperationTests : OperationsFixture
{
    [Fact]
    public async Task LostBlocksMakeAnIncompleteVersionThatNamesExactlyTheirSlice()
    {
        FillStore();
        var version = await BackupAndDamageAsync(slice => slice.Table.Name == "disk");
        await using (var damaged = await OpenAsync())
        {
            var result = await RepairOperation.RunAsync(damaged, [], Observer, default);
            Assert.False(result.NothingLost);
            var repaired = Assert.Single(result.Versions);
            Assert.Equal((version.VersionId, BackupRepairOutcome.Incomplete), (repaired.VersionId, repaired.Outcome));
            var lost = Assert.Single(repaired.Lost);
            Assert.Equal((nameof(ErrorId.BlockNotFound), TimeText.Format(Monday.First)), (lost.ErrorId, lost.Start));
            Assert.EndsWith("disk", lost.Table, StringComparison.Ordinal);
            Assert.True(repaired.RowsLost > 0);
        }
        await using var repository = await OpenAsync();
        var left = Assert.Single(await VersionQuery.ListAsync(repository, null, default));
        Assert.Equal(BackupVersionState.Incomplete, left.State);
        Assert.Contains("disk", Assert.Single(left.Reasons), StringComparison.Ordinal);
        Assert.True((await TestAsync(repository, left.VersionId)).Passed);
        Assert.True((await StoredTest.RunAsync(repository, Observer, default)).Passed);
        await RestoreAsync(repository, left.VersionId, new MemoryStore("target"));

        // The next backup reads what is lost again.
        var next = await BackupAsync(repository);
        Assert.Equal((BackupVersionState.Complete, version.Rows), (next.State, next.Rows));
        Assert.True((await TestAsync(repository, next.VersionId)).Passed);
    }

    [Fact]
    public async Task ACopyUnderAnotherKeyHealsTheVersionInPlace()
    {
        FillStore();
        var version = await BackupAndDamageAsync(_ => true, copy: "copy");
        await using var damaged = await OpenAsync();
        await using var copy = await OpenCopyAsync();
        var result = await RepairOperation.RunAsync(damaged, [copy], Observer, default);
        Assert.True(result.NothingLost);
        Assert.True(result.BlocksHealed > 0);
        var repaired = Assert.Single(result.Versions);
        Assert.Equal((BackupRepairOutcome.Healed, version.VersionId), (repaired.Outcome, repaired.ReplacementId));
        await using var repository = await OpenAsync();
        Assert.True((await TestAsync(repository, version.VersionId)).Passed);
        Assert.Equal(version.Rows, (await RestoreAsync(repository, version.VersionId, new MemoryStore("target"))).RowsRestored);
    }

    [Theory]
    [InlineData("packs", BackupRepairOutcome.Replaced)]
    [InlineData("versions", BackupRepairOutcome.Replaced)]
    [InlineData("index", null)]
    public async Task WhatIsGoneAltogetherComesBackFromACopy(string folder, BackupRepairOutcome? outcome)
    {
        FillStore();
        var version = await BackupAndDamageAsync(_ => false, copy: "copy");
        foreach (var file in Directory.GetFiles(Path.Combine(Folder.File("repository"), folder), "*", SearchOption.AllDirectories))
            File.Delete(file);
        await using var copy = await OpenCopyAsync();
        await using (var damaged = await OpenAsync())
        {
            var result = await RepairOperation.RunAsync(damaged, [copy], Observer, default);
            Assert.True(result.NothingLost);
            Assert.Equal(outcome, result.Versions.SingleOrDefault()?.Outcome);
        }
        await using var repository = await OpenAsync();
        var left = Assert.Single(await VersionQuery.ListAsync(repository, null, default));
        Assert.Equal((BackupVersionState.Complete, version.Rows), (left.State, left.Rows));
        Assert.True((await TestAsync(repository, left.VersionId)).Passed);
        Assert.True((await StoredTest.RunAsync(repository, Observer, default)).Passed);
    }

    [Fact]
    public async Task AVersionOfWhichNothingIsLeftIsRemovedAndSaidToBeLost()
    {
        FillStore();
        var version = await BackupAndDamageAsync(_ => false);
        foreach (var file in Directory.GetFiles(Path.Combine(Folder.File("repository"), "packs"), "*", SearchOption.AllDirectories))
            File.Delete(file);
        await using var damaged = await OpenAsync();
        var result = await RepairOperation.RunAsync(damaged, [], Observer, default);
        var repaired = Assert.Single(result.Versions);
        Assert.Equal((BackupRepairOutcome.Lost, version.Rows), (repaired.Outcome, repaired.RowsLost));
        Assert.Empty(await VersionQuery.ListAsync(damaged, null, default));
        Assert.True((await BackupAsync(damaged)).Rows == version.Rows);
        Assert.Empty((await RepairOperation.RunAsync(damaged, [], Observer, default)).Versions);
    }

    [Fact]
    public async Task APlanSaysWhatTheRepairThenDoesAndChangesNothing()
    {
        FillStore();
        var version = await BackupAndDamageAsync(slice => slice.Table.Name == "disk", copy: "copy");
        var before = FilesOf("repository");
        await using var copy = await OpenCopyAsync();
        foreach (var sources in new RepositoryConnection[][] { [copy], [] })
        {
            using var key = KeySource.FromPassphrase(Passphrase);
            var plan = await RepairOperation.PlanAsync(Folder.File("repository"), key, sources, Observer, default);
            Assert.True(plan.IsPlan);
            Assert.Equal(before, FilesOf("repository"));
            var planned = Assert.Single(plan.Versions);
            Assert.Equal(sources.Length > 0 ? BackupRepairOutcome.Healed : BackupRepairOutcome.Incomplete, planned.Outcome);
            Assert.Equal(sources.Length > 0 ? version.VersionId : "", planned.ReplacementId);
            if (sources.Length > 0)
                continue;
            await using var damaged = await OpenAsync();
            var done = await RepairOperation.RunAsync(damaged, sources, Observer, default);
            Assert.False(done.IsPlan);
            Assert.Equal(plan.ObjectsDropped.Order(), done.ObjectsDropped.Order());
            Assert.Equal((plan.BlocksSaved, plan.PacksIndexed, plan.RowsLost), (done.BlocksSaved, done.PacksIndexed, done.RowsLost));
            Assert.Equal(planned.Lost.Select(lost => lost.Message), Assert.Single(done.Versions).Lost.Select(lost => lost.Message));
        }
    }

    [Fact]
    public async Task ARepositoryIsNotHealedFromItself()
    {
        await using var repository = await CreateAsync();
        await using var same = await OpenAsync();
        var error = await Assert.ThrowsAsync<TsBackupException>(() => RepairOperation.RunAsync(repository, [same], Observer, default));
        Assert.Equal(ErrorId.ArgumentInvalid, error.Id);
    }

    private string[] FilesOf(string repository) =>
    [
        .. new DirectoryInfo(Folder.File(repository)).GetFiles("*", SearchOption.AllDirectories)
            .Select(file => $"{file.FullName} {file.Length} {file.LastWriteTimeUtc:O}").Order(),
    ];

    private async Task<RepositoryConnection> OpenCopyAsync()
    {
        using var key = KeySource.FromPassphrase("another passphrase");
        return await RepositoryConnection.OpenAsync(Folder.File("copy"), key, default);
    }

    /// <summary>Backs up, copies when asked to, and flips a byte in each block of the slices that are chosen.</summary>
    private async Task<BackupVersion> BackupAndDamageAsync(Func<Slice, bool> choose, string? copy = null)
    {
        await using var repository = await CreateAsync();
        var version = await BackupAsync(repository);
        var header = await VersionQuery.FindAsync(repository, version.VersionId, null, null, default);
        if (copy is not null)
        {
            using var key = KeySource.FromPassphrase("another passphrase");
            await using var to = await RepositoryConnection.CreateAsync(Folder.File(copy), key, FastOptions, default);
            await CopyOperation.RunAsync(repository, to, header, Observer, default);
        }
        var content = await VersionReader.ReadAsync(repository, header, default);
        foreach (var block in content.Slices.Where(slice => choose(slice.Slice)).SelectMany(slice => slice.Blocks))
        {
            var location = repository.Repository.Index.Find(block.Id)[0];
            var file = Folder.File("repository/" + repository.Repository.Index.Pack(location.Pack).Name);
            var bytes = await File.ReadAllBytesAsync(file);
            bytes[location.Offset + 5] ^= 1;
            File.Delete(file);
            await File.WriteAllBytesAsync(file, bytes);
        }
        return version;
    }
}
