using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

/// <summary>Somebody who may write the storage sets it back; a client that saw more notices.</summary>
public sealed class SeenPositionsTests : OperationsFixture
{
    private SeenPositions Seen => new(Folder.File("seen"));

    [Fact]
    public async Task AClientThatSawALaterStateNoticesThatItWasSetBack()
    {
        FillStore();
        await (await CreateAsync()).DisposeAsync();
        await BackUpSeenAsync();
        CopyFolder("repository", "earlier");
        await BackUpSeenAsync();
        Directory.Delete(Folder.File("repository"), recursive: true);
        CopyFolder("earlier", "repository");

        await ErrorAssert.ThrowsAsync(ErrorId.RepositoryRolledBack, OpenSeenAsync);
        var set = await Assert.ThrowsAsync<TsBackupException>(
            () => RepositorySet.OpenAsync([Folder.File("repository")], Key, Seen, Observer, default));
        Assert.Equal(ErrorId.RepositoryRolledBack, set.Id);

        // Another client saw nothing, and this one can be told that all is well.
        await (await OpenAsync()).DisposeAsync();
        Seen.Forget(Folder.File("repository"));
        await (await OpenSeenAsync()).DisposeAsync();
        await BackUpSeenAsync();
    }

    [Fact]
    public async Task RemovalOfTheNewestVersionWithItsEntriesOfTheLogIsNoticed()
    {
        FillStore();
        await (await CreateAsync()).DisposeAsync();
        await BackUpSeenAsync();
        var before = Directory.GetFiles(Folder.File("repository"), "*", SearchOption.AllDirectories).ToHashSet();
        var version = await BackUpSeenAsync();
        foreach (var file in Directory.GetFiles(
            Folder.File("repository"), "*", SearchOption.AllDirectories).Where(file => !before.Contains(file)))
            File.Delete(file);
        await using (var blind = await OpenAsync())
        {
            Assert.DoesNotContain(version.VersionId, (await VersionQuery.ListAsync(blind, null, default)).Select(v => v.VersionId));
            Assert.True((await StoredTest.RunAsync(blind, Observer, default)).Passed, "without a memory the removal cannot be seen");
        }
        await ErrorAssert.ThrowsAsync(ErrorId.RepositoryRolledBack, OpenSeenAsync);
    }

    [Fact]
    public async Task AnotherRepositoryInItsPlaceIsNoticed()
    {
        FillStore();
        await (await CreateAsync()).DisposeAsync();
        await BackUpSeenAsync();
        Directory.Delete(Folder.File("repository"), recursive: true);
        await (await CreateAsync()).DisposeAsync();
        await ErrorAssert.ThrowsAsync(ErrorId.RepositoryRolledBack, OpenSeenAsync);
    }

    [Fact]
    public async Task OrdinaryUseByOthersAndARepairAreNoRollback()
    {
        FillStore();
        await (await CreateAsync()).DisposeAsync();
        await BackUpSeenAsync();
        await using (var other = await OpenAsync())
            await BackupAsync(other);
        await (await OpenSeenAsync()).DisposeAsync();

        // The very entry that was seen is damaged, and another client repairs.
        var entry = Directory.GetFiles(Path.Combine(Folder.File("repository"), "log")).Max(StringComparer.Ordinal)!;
        var bytes = await File.ReadAllBytesAsync(entry);
        bytes[^1] ^= 1;
        File.Delete(entry);
        await File.WriteAllBytesAsync(entry, bytes);
        await (await OpenSeenAsync()).DisposeAsync();
        await using (var other = await OpenAsync())
        {
            Assert.Equal(BackupTestOutcome.Failed, (await StoredTest.RunAsync(other, Observer, default)).Outcome);
            Assert.True((await RepairOperation.RunAsync(other, [], Observer, default)).NothingLost);
        }
        await (await OpenSeenAsync()).DisposeAsync();
    }

    [Fact]
    public async Task ANoteThatCannotBeReadOrWrittenStopsNothing()
    {
        FillStore();
        await (await CreateAsync()).DisposeAsync();
        await BackUpSeenAsync();
        var note = Directory.GetFiles(Folder.File("seen")).Single();
        await File.WriteAllTextAsync(note, "nonsense");
        await (await OpenSeenAsync()).DisposeAsync();
        Assert.Contains(Folder.File("repository"), await File.ReadAllTextAsync(note), StringComparison.Ordinal);
        await File.WriteAllTextAsync(Folder.File("file"), "");
        using var key = Key();
        await (await RepositoryConnection.OpenAsync(Folder.File("repository"), key, new SeenPositions(Folder.File("file")), default))
            .DisposeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("a:1:b")]
    [InlineData("0123456789abcdef0123456789abcdef:x:")]
    [InlineData("0123456789abcdef0123456789abcdef:1:")]
    public void OnlyAPositionIsOne(string text) => ErrorAssert.Throws(ErrorId.ArgumentInvalid, () => LogPosition.Parse(text));

    [Fact]
    public async Task APositionThatWasNotedElsewhereIsChecked()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var info = await RepositoryInspection.RunAsync(repository, probe: false, default);
        var position = LogPosition.Parse(info.LogPosition);
        Assert.Equal(info.LogPosition, position.ToString());
        await BackupAsync(repository);
        await repository.Repository.Log.RequireAsync(position, default);
        var forged = position with { Checksum = new string('0', 64) };
        await ErrorAssert.ThrowsAsync(ErrorId.RepositoryRolledBack, () => repository.Repository.Log.RequireAsync(forged, default));
    }

    private static KeySource Key() => KeySource.FromPassphrase(Passphrase);

    private async Task<RepositoryConnection> OpenSeenAsync()
    {
        using var key = Key();
        return await RepositoryConnection.OpenAsync(Folder.File("repository"), key, Seen, default);
    }

    private async Task<BackupVersion> BackUpSeenAsync()
    {
        await using var repository = await OpenSeenAsync();
        Store.Add("tuesday", null, MemorySlice.Make("cpu", Tuesday, 5, 90, Store.AllReads));
        return await BackupAsync(repository);
    }

    private void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.GetFiles(Folder.File(from), "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(Folder.File(to), Path.GetRelativePath(Folder.File(from), file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
