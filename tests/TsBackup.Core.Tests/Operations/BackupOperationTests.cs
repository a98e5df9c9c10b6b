using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

public sealed class BackupOperationTests : OperationsFixture
{
    [Fact]
    public async Task AVersionHoldsEveryRowOfTheStore()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var version = await BackupAsync(repository);
        Assert.Equal(BackupVersionState.Complete, version.State);
        Assert.Equal(5 * 130 + 2 * 40 + 5 * 90, version.Rows);
        Assert.Equal(2, version.Tables);
        Assert.Equal(3, version.Slices);
        Assert.True((await TestAsync(repository, "latest")).Passed);

        var header = await VersionQuery.FindAsync(repository, "latest", null, null, default);
        var tables = await VersionQuery.ContentsAsync(repository, header, default);
        Assert.Equal(["cpu", "disk"], tables.Select(t => t.Table));
        Assert.Equal(5 * 130 + 5 * 90, tables[0].Rows);
    }

    [Fact]
    public async Task AGroupWithTheSameFingerprintIsNotReadAgain()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        Store.Add("tuesday", "t2", MemorySlice.Make("cpu", Tuesday, 5, 95, 3));
        var second = await BackupAsync(repository);
        Assert.Equal(1, Store.ReadsOf("monday"));
        Assert.Equal(2, Store.ReadsOf("tuesday"));
        Assert.Equal(2, second.SlicesReused);
        Assert.Equal(5 * 130 + 2 * 40 + 5 * 95, second.Rows);
        Assert.True((await TestAsync(repository, second.VersionId)).Passed);
    }

    [Fact]
    public async Task AFullBackupReadsEverythingAndStoresNothingTwice()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var first = await BackupAsync(repository);
        var outcome = await BackupOperation.RunAsync(Request(repository) with { Full = true }, default);
        Assert.Equal(4, Store.AllReads);
        Assert.Equal(first.Rows, outcome[0].Version!.Rows);
        Assert.True(outcome[0].Version!.StoredBytes < first.StoredBytes / 2);
    }

    [Fact]
    public async Task AKeyThatMayOnlyWriteBacksUpAgainAndAgain()
    {
        FillStore();
        using var host = KeySource.FromPassphrase("of the host");
        await using (var made = await CreateAsync())
        {
            await made.Repository.Keys.AddAsync(host, KeyAccess.WriteOnly, "host", 1000, default);
            await BackupAsync(made);
        }
        await using var writer = await RepositoryConnection.OpenAsync(Folder.File("repository"), host, default);
        Store.Add("tuesday", "t2", MemorySlice.Make("cpu", Tuesday, 5, 95, 3));
        var second = await BackupAsync(writer);
        var third = await BackupAsync(writer);

        Assert.Equal(BackupVersionState.Complete, second.State);
        Assert.True(third.StoredBytes < second.StoredBytes, $"{third.StoredBytes} bytes after {second.StoredBytes}");
        await using var owner = await OpenAsync();
        Assert.True((await TestAsync(owner, third.VersionId)).Passed);
    }

    [Fact]
    public async Task AStoreThatIsSuddenlyEmptyIsWarnedOf()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var full = await BackupAsync(repository);
        Assert.Empty(Observer.Warnings);
        Store.Groups.Clear();

        var empty = await BackupAsync(repository);

        Assert.Equal((BackupVersionState.Complete, 0), (empty.State, empty.Rows));
        Assert.Contains(full.VersionId, Assert.Single(Observer.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherScopeDoesNotTakeOverSlices()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var scope = new Scope(["c*"], [], TimeRange.All);
        var outcome = await BackupOperation.RunAsync(Request(repository) with { Scope = scope }, default);
        Assert.Equal(5 * 130 + 5 * 90, outcome[0].Version!.Rows);
        Assert.Equal(0, outcome[0].Version!.SlicesReused);
        Assert.Equal("tables c*", outcome[0].Version!.Scope);
    }

    [Fact]
    public async Task ASliceThatCannotBeReadMakesTheVersionIncompleteAndTheNextRunCompletes()
    {
        FillStore();
        Store.OnRead = (_, slice, index) => slice.Table.Name == "disk" && index == 0
            ? new SliceFailure(slice, new TsBackupException(ErrorId.StoreAccessDenied, "The table disk may not be read."))
            : null;
        await using var repository = await CreateAsync();
        var version = await BackupAsync(repository);
        Assert.Equal(BackupVersionState.Incomplete, version.State);
        Assert.Equal(5 * 130 + 5 * 90, version.Rows);
        Assert.Contains("disk", Assert.Single(version.Reasons), StringComparison.Ordinal);
        Assert.True((await TestAsync(repository, version.VersionId)).Passed);

        Store.OnRead = (_, _, _) => null;
        var next = await BackupAsync(repository);
        Assert.Equal(BackupVersionState.Complete, next.State);
        Assert.Equal(1, Store.ReadsOf("tuesday"));
        Assert.Equal(2, Store.ReadsOf("monday"));
    }

    [Fact]
    public async Task ARowTooLargeToBeStoredIsAGapOfItsSliceOnly()
    {
        FillStore();
        Store.OnRead = (_, slice, index) => slice.Table.Name == "disk" && index == 0 ? new SliceRows(slice, TooWide()) : null;
        await using var repository = await CreateAsync();

        var version = await BackupAsync(repository);

        Assert.Equal(BackupVersionState.Incomplete, version.State);
        Assert.Equal(5 * 130 + 5 * 90, version.Rows);
        Assert.Contains("disk", Assert.Single(version.Reasons), StringComparison.Ordinal);
        Assert.True((await TestAsync(repository, version.VersionId)).Passed);

        static Batch TooWide()
        {
            var batch = new Batch();
            ((FixedColumn<long>)batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp))).Append(Monday.First);
            for (var i = 0; i <= TsBackup.Codec.BlockLimits.MaxColumns; i++)
                ((FixedColumn<bool>)batch.AddColumn(new ColumnSchema($"f{i}", ColumnRole.Value, ColumnType.Boolean))).Append(true);
            batch.EndRun(1);
            return batch.Seal();
        }
    }

    [Fact]
    public async Task APassingFailureIsTriedAgainFromTheStartOfItsGroup()
    {
        FillStore();
        var failures = 2;
        Store.OnRead = (group, _, index) => group.Id == "monday" && index == 1 && failures-- > 0
            ? throw new TsBackupException(ErrorId.StoreConnectionLost, "The connection broke.")
            : null;
        await using var repository = await CreateAsync();
        var version = await BackupAsync(repository);
        Assert.Equal(BackupVersionState.Complete, version.State);
        Assert.Equal(3, Store.ReadsOf("monday"));
        Assert.True((await TestAsync(repository, version.VersionId)).Passed);
    }

    [Fact]
    public async Task ASourceThatDiesHalfWayLeavesWhatWasReadAndTheRestIsGivenUpSoon()
    {
        for (var day = 0; day < 12; day++)
        {
            var window = new TimeRange(day * 86_400_000_000_000L, ((day + 1) * 86_400_000_000_000L) - 1);
            Store.Add($"day{day}", $"d{day}", MemorySlice.Make("cpu", window, 2, 30, day));
        }
        var read = 0;
        Store.OnRead = (_, _, _) => Interlocked.Increment(ref read) > 4
            ? throw new TsBackupException(ErrorId.StoreUnreachable, "The host does not answer.")
            : null;
        await using var repository = await CreateAsync();
        var outcome = await BackupOperation.RunAsync(Request(repository) with { Parallelism = 1 }, default);
        var version = outcome[0].Version!;
        Assert.Equal(BackupVersionState.Incomplete, version.State);
        Assert.Equal(4 * 60, version.Rows);
        Assert.Equal(8, version.Reasons.Count);
        Assert.True(Store.AllReads <= 4 + (2 * 3), $"{Store.AllReads} readings of a store that is gone");

        Store.OnRead = (_, _, _) => null;
        var next = await BackupAsync(repository);
        Assert.Equal(BackupVersionState.Complete, next.State);
        Assert.Equal(12 * 60, next.Rows);
        Assert.Equal(4, next.SlicesReused);
    }

    [Fact]
    public async Task AStoppedBackupLeavesNoVersionAndItsBlocksAreTakenOver()
    {
        FillStore();
        using var stop = new CancellationTokenSource();
        Store.OnRead = (group, _, index) =>
        {
            if (group.Id == "tuesday" && index == 3)
                stop.Cancel();
            stop.Token.ThrowIfCancellationRequested();
            return null;
        };
        await using (var repository = await CreateAsync())
        {
            var request = Request(repository) with { Parallelism = 1 };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BackupOperation.RunAsync(request, stop.Token));
            Assert.Empty(await VersionQuery.ListAsync(repository, null, default));
        }
        Store.OnRead = (_, _, _) => null;
        await using var again = await OpenAsync();
        var version = await BackupAsync(again);
        Assert.Equal(BackupVersionState.Complete, version.State);
        Assert.True((await TestAsync(again, version.VersionId)).Passed);
    }

    [Fact]
    public async Task OneReadingFillsSeveralRepositories()
    {
        FillStore();
        await using var a = await CreateAsync("a");
        await using var b = await CreateAsync("b");
        var outcomes = await BackupOperation.RunAsync(Request(a, b), default);
        Assert.Equal(2, outcomes.Count);
        Assert.Equal(2, Store.AllReads);
        foreach (var repository in new[] { a, b })
            Assert.True((await TestAsync(repository, "latest")).Passed);
    }

    [Fact]
    public async Task APatternThatMatchesNothingIsAnError()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var request = Request(repository) with { Scope = new Scope(["memory*"], [], TimeRange.All) };
        var error = await Assert.ThrowsAsync<TsBackupException>(() => BackupOperation.RunAsync(request, default));
        Assert.Equal(ErrorId.ScopeEmpty, error.Id);
    }

    [Fact]
    public async Task SettingsAreKeptUnlessLeftOut()
    {
        FillStore();
        Store.Settings.Add(new SettingsDocument("retention-policy", "autogen", "CREATE …", "{}"));
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var header = await VersionQuery.FindAsync(repository, "latest", null, null, default);
        Assert.Equal("autogen", Assert.Single(await VersionQuery.SettingsAsync(repository, header, default)).Name);

        var outcome = await BackupOperation.RunAsync(Request(repository) with { Scope = Scope.All with { Settings = false } }, default);
        header = await VersionQuery.FindAsync(repository, outcome[0].Version!.VersionId, null, null, default);
        Assert.Empty(await VersionQuery.SettingsAsync(repository, header, default));
    }
}
