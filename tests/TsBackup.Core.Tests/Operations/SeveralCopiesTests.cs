using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

/// <summary>One reading of a store into two repositories, and what each can do for the other.</summary>
public sealed class SeveralCopiesTests : OperationsFixture
{
    [Fact]
    public async Task OneReadingFillsBothAndEachKnowsTheOthersVersion()
    {
        FillStore();
        await using var a = await CreateAsync("a");
        await using var b = await CreateAsync("b");
        var versions = await BackupBothAsync(a, b);
        Assert.Equal(2, Store.AllReads);
        var header = await VersionQuery.FindAsync(a, versions[0].VersionId, null, null, default);
        var copy = await CopyOperation.RunAsync(a, b, header, Observer, default);
        Assert.Equal((true, versions[1].VersionId), (copy.AlreadyThere, copy.CopyId));
    }

    [Theory]
    [InlineData(ErrorId.StorageReadOnly)]
    [InlineData(ErrorId.StorageAccessDenied)]
    public async Task ARepositoryThatTakesNoRunAtAllDoesNotStopTheOther(ErrorId failure)
    {
        FillStore();
        await (await CreateAsync("a")).DisposeAsync();
        await using var b = await CreateAsync("b");
        await using (var a = await OpenOnAsync(
            new FaultyStorage(new LocalStorage(Folder.File("a"))) { FailAt = 1, Error = failure, StaysDown = true }))
        {
            var outcomes = await BackupOperation.RunAsync(Request(a, b), default);
            Assert.Equal(failure, outcomes[0].Error!.Id);
            Assert.Equal(a.Location, outcomes[0].Repository);
            Assert.Equal(BackupVersionState.Complete, outcomes[1].Version!.State);
            await ErrorAssert.ThrowsAsync(failure, () => BackupOperation.RunAsync(Request(a), default));
        }
        await using var again = await OpenAsync("a");
        Assert.All(
            await BackupOperation.RunAsync(Request(again, b), default), o => Assert.Equal(BackupVersionState.Complete, o.Version!.State));
    }

    [Fact]
    public async Task WhatCannotFitIsRefusedBeforeAnythingIsReadAndTheOtherGoesOn()
    {
        FillStore();
        Store.EstimatedBytes = 1 << 30;
        await (await CreateAsync("a")).DisposeAsync();
        await using var b = await CreateAsync("b");
        await using var a = await OpenOnAsync(new TightStorage(new LocalStorage(Folder.File("a")), 1 << 20));
        await ErrorAssert.ThrowsAsync(ErrorId.StorageFull, () => BackupOperation.RunAsync(Request(a), default));
        Assert.Equal(0, Store.AllReads);
        var outcomes = await BackupOperation.RunAsync(Request(a, b), default);
        Assert.Equal(ErrorId.StorageFull, outcomes[0].Error!.Id);
        Assert.Equal(BackupVersionState.Complete, outcomes[1].Version!.State);

        // What is taken over from the version before needs no room.
        await using var roomy = await OpenAsync("a");
        await BackupOperation.RunAsync(Request(roomy, b), default);
        Assert.Equal(BackupVersionState.Complete, (await BackupOperation.RunAsync(Request(a), default))[0].Version!.State);
    }

    [Fact]
    public async Task WhatMayShareMuchWithEarlierVersionsIsNotRefusedButWarnedOf()
    {
        FillStore();
        await using (var roomy = await CreateAsync("a"))
            await BackupOperation.RunAsync(Request(roomy), default);
        Store.Groups[0] = Store.Groups[0] with { Fingerprint = "another" };
        Store.EstimatedBytes = 1 << 30;
        await using var tight = await OpenOnAsync(new TightStorage(new LocalStorage(Folder.File("a")), 1 << 20));

        var outcome = Assert.Single(await BackupOperation.RunAsync(Request(tight) with { Observer = Observer }, default));

        Assert.Equal(BackupVersionState.Complete, outcome.Version!.State);
        Assert.Contains(Observer.Warnings, warning => warning.Contains("1.0 GiB of data: 1.0 MiB", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ARestoreReadsFromTheOtherWhateverIsDamagedSaysSoAndHeals()
    {
        FillStore();
        await using (var made = await CreateAsync("a"))
        {
            await using var other = await CreateAsync("b");
            await BackupBothAsync(made, other);
        }
        DeletePacks("a");
        await using var a = await OpenAsync("a");
        await using var b = await OpenAsync("b");
        var result = await RestoreAsync(a, "latest", new MemoryStore("target"), r => r with { Copies = [b], Observer = Observer });
        Assert.Equal((1180, true), (result.RowsRestored, result.Verified));
        Assert.Equal(b.Location, Assert.Single(result.ReplacedFrom));
        Assert.NotEmpty(Observer.Warnings);
        Assert.Null(result.Repair);

        var healing = await RestoreAsync(a, "latest", new MemoryStore("second"), r => r with { Copies = [b], Heal = a });
        Assert.True(healing.Repair!.NothingLost);
        await using var healed = await OpenAsync("a");
        Assert.True((await TestAsync(healed, "latest")).Passed);
        var alone = await RestoreAsync(healed, "latest", new MemoryStore("third"));
        Assert.Equal((1180, 0), (alone.RowsRestored, alone.ReplacedFrom.Count));
    }

    [Fact]
    public async Task ATestSaysWhereDamageCanBeMadeGoodAndHealsWhenAsked()
    {
        FillStore();
        await using (var made = await CreateAsync("a"))
        {
            await using var other = await CreateAsync("b");
            await BackupBothAsync(made, other);
        }
        FlipByte("a");
        await using var a = await OpenAsync("a");
        await using var b = await OpenAsync("b");
        var header = await VersionQuery.FindAsync(a, "latest", null, null, default);
        var failed = await new TestRun(TestLimits.None, Observer)
            .RunAsync(new TestRequest { Repository = a, Copies = [b] }, header, default);
        Assert.Equal(BackupTestOutcome.Failed, failed.Outcome);
        Assert.All(failed.Problems, problem => Assert.Equal(b.Location, problem.FoundIn));
        Assert.Equal(1180, failed.Rows);
        Assert.Null(failed.Repair);

        var healed = await new TestRun(TestLimits.None, Observer)
            .RunAsync(new TestRequest { Repository = a, Copies = [b], Heal = true }, header, default);
        Assert.Equal((BackupTestOutcome.Passed, true), (healed.Outcome, healed.Repair!.NothingLost));
        Assert.True(healed.Repair.BlocksHealed > 0);
    }

    [Fact]
    public async Task StoredBytesAreHealedToo()
    {
        FillStore();
        await using (var made = await CreateAsync("a"))
        {
            await using var other = await CreateAsync("b");
            await BackupBothAsync(made, other);
        }
        FlipByte("a");
        await using var a = await OpenAsync("a");
        await using var b = await OpenAsync("b");
        Assert.Equal(BackupTestOutcome.Failed, (await new TestRun(TestLimits.None, Observer).RunStoredAsync(a, default)).Outcome);
        var healed = await new TestRun(TestLimits.None, Observer).RunStoredAsync(a, [b], default);
        Assert.True(healed.Passed);
        Assert.NotNull(healed.Repair);
    }

    [Fact]
    public async Task AVersionThatIsGoneIsFoundInACopyByWhereItCameFrom()
    {
        FillStore();
        await using var a = await CreateAsync("a");
        await using var b = await CreateAsync("b");
        var version = await BackupAsync(a);
        var header = await VersionQuery.FindAsync(a, version.VersionId, null, null, default);
        var copy = await CopyOperation.RunAsync(a, b, header, Observer, default);
        var file = Directory.GetFiles(Path.Combine(Folder.File("a"), "versions")).Single();
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[^50] ^= 1;
        File.Delete(file);
        await File.WriteAllBytesAsync(file, bytes);
        await using var damaged = await OpenAsync("a");
        await ErrorAssert.ThrowsAsync(
            ErrorId.VersionDamaged, () => VersionSearch.FindAsync([damaged], version.VersionId, null, null, Observer, default));
        await ErrorAssert.ThrowsAsync(ErrorId.VersionDamaged, () => VersionQuery.FindAsync(damaged, "latest", null, null, default));
        foreach (var id in new[] { version.VersionId, "latest" })
        {
            var (where, found) = await VersionSearch.FindAsync([damaged, b], id, null, null, Observer, default);
            Assert.Equal((b, copy.CopyId), (where, found.Id));
        }
        var told = new List<RepositoryProblem>();
        Assert.Empty(await VersionQuery.ListAsync(damaged, null, told.Add, default));
        Assert.Equal(ErrorId.VersionDamaged, Assert.Single(told).ErrorId);
        var result = await RestoreAsync(b, "latest", new MemoryStore("target"), r => r with { Copies = [damaged], Heal = damaged });
        Assert.Equal(BackupRepairOutcome.Replaced, Assert.Single(result.Repair!.Versions).Outcome);
        Assert.True((await TestAsync(damaged, "latest")).Passed);
    }

    [Fact]
    public async Task ADamagedVersionThatMayBeNewerIsNotPassedOverInSilence()
    {
        FillStore();
        await using var a = await CreateAsync("a");
        var first = await BackupAsync(a);
        var second = await BackupAsync(a);
        var file = Path.Combine(Folder.File("a"), "versions", second.VersionId);
        File.Delete(file);
        await File.WriteAllBytesAsync(file, new byte[200]);
        await using var damaged = await OpenAsync("a");
        var header = await VersionQuery.FindAsync(damaged, "latest", null, null, Observer, default);
        Assert.Equal(first.VersionId, header.Id);
        Assert.Contains(Observer.Warnings, warning => warning.Contains(second.VersionId, StringComparison.Ordinal));
    }

    private async Task<BackupVersion[]> BackupBothAsync(RepositoryConnection a, RepositoryConnection b) =>
        [.. (await BackupOperation.RunAsync(Request(a, b), default)).Select(outcome => outcome.Version!)];

    private static async Task<RepositoryConnection> OpenOnAsync(IStorage storage)
    {
        using var key = KeySource.FromPassphrase(Passphrase);
        return await RepositoryConnection.OpenAsync(storage, key, default);
    }

    private void DeletePacks(string repository)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Folder.File(repository), "packs"), "*", SearchOption.AllDirectories))
            File.Delete(file);
    }

    private void FlipByte(string repository)
    {
        var file = new DirectoryInfo(Folder.File(repository)).GetFiles("*", SearchOption.AllDirectories).MaxBy(f => f.Length)!.FullName;
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 4] ^= 2;
        File.Delete(file);
        File.WriteAllBytes(file, bytes);
    }
}
