using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Operations;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

public sealed class RestoreOperationTests : OperationsFixture
{
    private static readonly TableId s_cpu = new("", "cpu");
    private static readonly TableId s_disk = new("", "disk");

    [Fact]
    public async Task EveryRowComesBackAndTheAccountBalances()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var target = new MemoryStore("target");
        var result = await RestoreAsync(repository, "latest", target);
        AssertBalanced(result);
        Assert.Equal(1180, result.RowsRestored);
        Assert.True(result.Verified);
        Assert.Empty(result.Problems);
        Assert.True(target.Completed);
        AssertSame(Store, target, s_cpu);
        AssertSame(Store, target, s_disk);
    }

    [Fact]
    public async Task ATimeRangeRestoresJustItsRows()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var range = new TimeRange(Monday.First + 20_000_000_000, Tuesday.First + 9_000_000_000);
        var target = new MemoryStore("target");
        var result = await RestoreAsync(repository, "latest", target, r => r with { Scope = new Scope(["cpu"], [], range) });
        var expected = Store.Rows(s_cpu).Count(r => range.Contains(r.Time));
        AssertBalanced(result);
        Assert.Equal(expected, result.RowsRestored);
        Assert.True(result.Verified);
        Assert.Equal(expected, target.Rows(s_cpu).Count());
        Assert.Empty(target.Rows(s_disk));
    }

    [Fact]
    public async Task APartBringsNoSettingsThatActOnTheWholeStore()
    {
        FillStore();
        Store.Settings.Add(new SettingsDocument("user", "u", "{}", "u"));
        Store.Settings.Add(new SettingsDocument("policy", "p", "{}", "p"));
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var target = new MemoryStore("target") { Capabilities = Store.Capabilities with { WholeStoreKinds = ["user"] } };

        var part = await RestoreAsync(repository, "latest", target, r => r with { Scope = new Scope(["disk"], [], TimeRange.All) });
        var whole = await RestoreAsync(repository, "latest", target, r => r with { OnConflict = OnConflict.Merge });

        Assert.Equal(["policy"], part.Settings.Select(setting => setting.Kind));
        Assert.Equal(["policy", "user"], whole.Settings.Select(setting => setting.Kind).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task AnIncompleteVersionIsRestoredWithAWarning()
    {
        FillStore();
        Store.OnRead = (group, slice, _) => group.Id == "tuesday"
            ? new SliceFailure(slice, new TsBackupException(ErrorId.StoreQueryFailed, "No."))
            : null;
        await using var repository = await CreateAsync();
        var version = await BackupAsync(repository);
        Assert.Equal(BackupVersionState.Incomplete, version.State);
        var heard = new RecordingObserver();

        var result = await RestoreAsync(repository, version.VersionId, new MemoryStore("target"), r => r with { Observer = heard });

        AssertBalanced(result);
        Assert.Contains(heard.Warnings, warning => warning.Contains("Incomplete", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ATableCanBeRenamed()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var result = await RestoreAsync(repository, "latest", Store, r => r with
        {
            Scope = new Scope(["disk"], [], TimeRange.All),
            Renames = TableRenames.Parse(["disk=disk_restored"]),
        });
        Assert.True(result.Verified);
        Assert.Equal(80, Store.Rows(new TableId("", "disk_restored")).Count());
        Assert.Equal(80, Store.Rows(s_disk).Count());
    }

    [Theory]
    [InlineData("disk")]
    [InlineData("=disk")]
    [InlineData("disk=")]
    [InlineData("nothing=x")]
    [InlineData("disk=cpu")]
    [InlineData("none/=x/")]
    [InlineData("disk=x/")]
    [InlineData("x/=disk")]
    public async Task AWrongRenameIsRefused(string rename)
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var error = await Assert.ThrowsAsync<TsBackupException>(() => RestoreAsync(
            repository, "latest", new MemoryStore("target"), r => r with { Renames = TableRenames.Parse([rename]) }));
        Assert.Equal(ErrorId.RenameInvalid, error.Id);
    }

    [Fact]
    public async Task AnOccupiedTargetIsLeftAloneUnlessToldOtherwise()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var before = Store.Rows(s_cpu).ToArray();
        var error = await Assert.ThrowsAsync<TsBackupException>(() => RestoreAsync(repository, "latest", Store));
        Assert.Equal(ErrorId.TargetExists, error.Id);
        Assert.Equal(before, Store.Rows(s_cpu));
    }

    [Fact]
    public async Task SkipRestoresOnlyTheTablesThatAreEmpty()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        await Store.DeleteRowsAsync(s_disk, TimeRange.All, default);
        var result = await RestoreAsync(repository, "latest", Store, r => r with { OnConflict = OnConflict.Skip });
        AssertBalanced(result);
        Assert.Equal(80, result.RowsInBackup);
        Assert.True(result.Tables.Single(t => t.Table == "cpu").Skipped);
        Assert.True(result.Verified);
    }

    [Fact]
    public async Task OverwriteReplacesWhatIsThere()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        Store.Groups[0].Slices[0].Rows.Add(new MemoryRow("stranger", 5, 1, null));
        var result = await RestoreAsync(repository, "latest", Store, r => r with { OnConflict = OnConflict.Overwrite });
        AssertBalanced(result);
        Assert.True(result.Verified);
        Assert.DoesNotContain(Store.Rows(s_cpu), r => r.Key == "stranger");
    }

    [Fact]
    public async Task OverwriteNeedsAStoreThatCanDelete()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        Store.Capabilities = Store.Capabilities with { Deletes = false };
        var error = await Assert.ThrowsAsync<TsBackupException>(
            () => RestoreAsync(repository, "latest", Store, r => r with { OnConflict = OnConflict.Overwrite }));
        Assert.Equal(ErrorId.CapabilityMissing, error.Id);
    }

    [Fact]
    public async Task MergeKeepsStrangersAndSaysThatItCannotCompare()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        Store.Groups[0].Slices[0].Rows.Add(new MemoryRow("stranger", 5, 1, null));
        var result = await RestoreAsync(repository, "latest", Store, r => r with { OnConflict = OnConflict.Merge });
        AssertBalanced(result);
        Assert.Equal(1180, result.RowsRestored);
        Assert.Null(result.Tables.Single(t => t.Table == "cpu").Verified);
        Assert.Contains(Store.Rows(s_cpu), r => r.Key == "stranger");
    }

    [Fact]
    public async Task RefusedRowsAreCountedAndTheTargetDoesNotPassForVerified()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var target = new MemoryStore("target") { OnWrite = (slice, _) => slice.Table == s_disk ? 3 : 0 };
        var result = await RestoreAsync(repository, "latest", target);
        AssertBalanced(result);
        Assert.Equal(3, result.RowsFailed);
        Assert.False(result.Verified);
        Assert.Contains(result.Problems, p => p.ErrorId == nameof(ErrorId.StoreWriteRejected) && p.Table == "disk");
    }

    [Fact]
    public async Task ATargetThatDiesCountsItsGroupAsFailed()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var target = new MemoryStore("target")
        {
            OnWrite = (slice, _) =>
                slice.Window == Tuesday ? throw new TsBackupException(ErrorId.StoreConnectionLost, "The target is gone.") : 0,
        };
        var result = await RestoreAsync(repository, "latest", target);
        AssertBalanced(result);
        Assert.Equal(450, result.RowsFailed);
        Assert.False(result.Verified);
    }

    [Fact]
    public async Task APlanCountsExactlyAndWritesNothing()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var range = new TimeRange(Monday.First, Monday.First + 20_000_000_000);
        var target = new MemoryStore("target");
        var plan = await RestoreAsync(
            repository, "latest", target, r => r with { PlanOnly = true, Scope = Scope.All with { Range = range } });
        Assert.True(plan.IsPlan);
        Assert.Equal(Store.Rows(s_cpu).Concat(Store.Rows(s_disk)).Count(r => range.Contains(r.Time)), plan.RowsInBackup);
        Assert.Null(plan.Verified);
        Assert.Empty(target.Groups);
    }

    [Fact]
    public async Task ADamagedBlockIsTakenFromACopy()
    {
        FillStore();
        await using var copy = await CreateAsync("copy");
        await using (var repository = await CreateAsync())
            await BackupOperation.RunAsync(Request(repository, copy), default);
        DamageLargestPack(Folder.File("repository"));
        await using var damaged = await OpenAsync();
        var target = new MemoryStore("target");
        var result = await RestoreAsync(damaged, "latest", target, r => r with { Copies = [copy], Observer = Observer });
        AssertBalanced(result);
        Assert.Equal(0, result.RowsFailed);
        Assert.True(result.Verified);
        Assert.Contains(Observer.Warnings, w => w.Contains("was taken from version", StringComparison.Ordinal));
        AssertSame(Store, target, s_cpu);
    }

    [Fact]
    public async Task ADamagedBlockThatStandsNowhereElseFailsWithItsRowsAlone()
    {
        FillStore();
        await using (var repository = await CreateAsync())
            await BackupAsync(repository);
        DamageLargestPack(Folder.File("repository"));
        await using var damaged = await OpenAsync();
        var target = new MemoryStore("target");
        var result = await RestoreAsync(damaged, "latest", target);
        AssertBalanced(result);
        Assert.InRange(result.RowsFailed, 1, MemorySlice.RowsPerBatch);
        Assert.False(result.Verified);
        Assert.NotEmpty(result.Problems);
        var test = await TestAsync(damaged, "latest");
        Assert.False(test.Passed);
        Assert.All(test.Problems, p => Assert.NotEmpty(p.Table));
    }

    /// <summary>Flips a byte a quarter into the largest object: inside some block, before the directory of the pack.</summary>
    private static void DamageLargestPack(string folder)
    {
        var pack = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).MaxBy(f => new FileInfo(f).Length)!;
        var bytes = File.ReadAllBytes(pack);
        bytes[bytes.Length / 4] ^= 0x40;
        File.Delete(pack);
        File.WriteAllBytes(pack, bytes);
    }

    private static void AssertSame(MemoryStore expected, MemoryStore actual, TableId table) =>
        Assert.Equal(Sorted(expected.Rows(table)), Sorted(actual.Rows(table)));

    private static IEnumerable<MemoryRow> Sorted(IEnumerable<MemoryRow> rows) =>
        rows.OrderBy(r => r.Key, StringComparer.Ordinal).ThenBy(r => r.Time);
}
