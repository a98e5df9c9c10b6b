using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

public sealed class TestRunTests : OperationsFixture
{
    private static readonly TimeSpan s_week = TimeSpan.FromDays(7);

    [Fact]
    public async Task APassIsKeptShownAndNotRepeatedWithinTheGreatestAge()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var version = await BackupAsync(repository);
        Assert.Null(version.LastTest);
        var first = await RunAsync(repository, new TestLimits { MaxAge = s_week });
        Assert.Equal((BackupTestOutcome.Passed, false, 1180L), (first.Outcome, first.IsRecorded, first.Rows));
        Assert.Equal(first.Started, first.LastPassed);

        await using var again = await OpenAsync();
        var second = await RunAsync(again, new TestLimits { MaxAge = s_week });
        Assert.Equal((BackupTestOutcome.Passed, true, 0L), (second.Outcome, second.IsRecorded, second.Rows));
        Assert.Equal(first.LastPassed, second.LastPassed);
        var listed = Assert.Single(await VersionQuery.ListAsync(again, null, default)).LastTest!;
        Assert.Equal((BackupTestLevel.Full, BackupTestOutcome.Passed, first.Started), (listed.Level, listed.Outcome, listed.Time));
        Assert.NotNull(Assert.Single(await new VersionFilter().ListAsync(again, default)).LastTest);

        // Another level was not tested, and without an age everything is.
        Assert.False((await RunAsync(again, new TestLimits { MaxAge = s_week }, BackupTestLevel.Quick)).IsRecorded);
        Assert.False((await RunAsync(again, TestLimits.None)).IsRecorded);
        Assert.False((await RunAsync(again, new TestLimits { MaxAge = TimeSpan.Zero })).IsRecorded);
    }

    [Fact]
    public async Task AFailureIsKeptAndTestedAgain()
    {
        FillStore();
        await using (var made = await CreateAsync())
        {
            await BackupAsync(made);
            Assert.True((await RunAsync(made, new TestLimits { MaxAge = s_week })).Passed);
        }
        Damage();
        await using var repository = await OpenAsync();
        var failed = await RunAsync(repository, TestLimits.None);
        Assert.Equal(BackupTestOutcome.Failed, failed.Outcome);
        var again = await RunAsync(repository, new TestLimits { MaxAge = s_week });
        Assert.Equal((BackupTestOutcome.Failed, false), (again.Outcome, again.IsRecorded));
        Assert.Equal(BackupTestOutcome.Failed, Assert.Single(await VersionQuery.ListAsync(repository, null, default)).LastTest!.Outcome);
    }

    [Fact]
    public async Task AResultFromTheFutureDoesNotCount()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var version = await BackupAsync(repository);
        var record = new TestRecord(DateTimeOffset.UtcNow.AddHours(2), nameof(BackupTestLevel.Full), version.VersionId, true, "");
        await repository.Repository.Tests.KeepAsync([record], default);
        Assert.False((await RunAsync(repository, new TestLimits { MaxAge = s_week })).IsRecorded);
    }

    [Fact]
    public async Task WhatThereWasNoTimeForIsSaidAndTheNextRunGoesOnThere()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var header = await VersionQuery.FindAsync(repository, "latest", null, null, default);
        var begun = 0;
        var request = new TestRequest { Repository = repository, Parallelism = 1, IsTimeOver = () => ++begun > 2 };
        var first = await TestOperation.RunAsync(request, header, default);
        Assert.Equal((BackupTestOutcome.Partial, 2), (first.Outcome, first.Reached));
        Assert.InRange(first.Coverage, 0.01, 0.99);
        Assert.False(first.Passed);
        await repository.Repository.Tests.KeepAsync(
            [new(first.Started, nameof(BackupTestLevel.Full),
                header.Id, true, "") { Extent = TestExtent.Begun, Reached = 2, Uncovered = 500_000 }], default);
        Assert.Equal(BackupTestOutcome.Partial, Assert.Single(await VersionQuery.ListAsync(repository, null, default)).LastTest!.Outcome);

        await using var again = await OpenAsync();
        var second = await RunAsync(again, new TestLimits { MaxAge = s_week });
        Assert.Equal((BackupTestOutcome.Passed, 1.0), (second.Outcome, second.Coverage));
        Assert.Equal(1180, first.Rows + second.Rows);

        // The pass is as old as its first part.
        Assert.Equal(first.Started, second.LastPassed);
        Assert.True((await RunAsync(again, new TestLimits { MaxAge = s_week })).IsRecorded);
    }

    [Fact]
    public async Task WhenTheTimeIsOverNothingIsBegunAndEachVersionSaysSo()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var result = await RunAsync(repository, new TestLimits { MaxDuration = TimeSpan.Zero });
        Assert.Equal((BackupTestOutcome.NotReached, 0.0, false), (result.Outcome, result.Coverage, result.Passed));
        var stored = await new TestRun(new TestLimits { MaxDuration = TimeSpan.Zero }, Observer).RunStoredAsync(repository, default);
        Assert.Equal(BackupTestOutcome.NotReached, stored.Outcome);
    }

    [Fact]
    public async Task WhatWasTestedLongestAgoComesFirst()
    {
        FillStore();
        await using var repository = await CreateAsync();
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
            ids.Add((await BackupAsync(repository)).VersionId);
        var now = DateTimeOffset.UtcNow;
        await repository.Repository.Tests.KeepAsync(
            [new(now.AddHours(-1), "Full", ids[0], true, ""),
                new(now.AddHours(-9), "Full", ids[1], true, ""), new(now, "Quick", ids[2], true, "")], default);
        var headers = await VersionQuery.HeadersAsync(repository, null, default);
        var order = await new TestRun(TestLimits.None, Observer).OrderAsync(repository, headers, BackupTestLevel.Full, default);
        Assert.Equal([ids[2], ids[1], ids[0]], order.Select(header => header.Id));
    }

    [Theory]
    [InlineData(BackupTestLevel.Full, 30)]
    [InlineData(BackupTestLevel.Full, 1)]
    [InlineData(BackupTestLevel.Source, 30)]
    public async Task ASampleIsChosenBySeedAndNeverPasses(BackupTestLevel level, double percent)
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var limits = new TestLimits { Sample = percent, Seed = 7 };
        var one = await RunAsync(repository, limits, level);
        var two = await RunAsync(repository, limits, level);
        Assert.Equal((BackupTestOutcome.Partial, 7, true, false), (one.Outcome, one.Seed, one.IsSample, one.Passed));
        Assert.Equal((one.Coverage, one.Rows), (two.Coverage, two.Rows));
        Assert.InRange(one.Coverage, percent / 100, 1);
        Assert.Null(one.LastPassed);
        Assert.False((await RunAsync(repository, new TestLimits { MaxAge = s_week }, level)).IsRecorded);

        // A later sample does not hide the pass.
        await RunAsync(repository, limits, level);
        Assert.True((await RunAsync(repository, new TestLimits { MaxAge = s_week }, level)).IsRecorded);
    }

    [Fact]
    public void ASampleOfAllRowsIsChosenFromSlicesAndBlocks()
    {
        var slices = Enumerable.Range(0, 20).Select(i => Entry(i, 10 + i)).ToArray();
        var total = slices.Sum(slice => slice.Summary.Rows);
        for (var seed = 0; seed < 50; seed++)
        {
            foreach (var percent in new[] { 0.01, 5, 33, 99.9 })
            {
                var chosen = SliceSample.Choose(slices, percent, seed, wholeOnly: false);
                var rows = chosen.Sum(part => part.Rows);
                Assert.True(rows >= total * percent / 100, $"seed {seed}, {percent} %: {rows} of {total}");
                Assert.True(rows <= (total * percent / 100) + 2, $"seed {seed}, {percent} %: {rows} of {total}");
                Assert.Equal(chosen.Count, chosen.Select(part => part.Slice.Slice).Distinct().Count());
            }
        }
    }

    [Theory]
    [InlineData(BackupTestLevel.Quick, 50, 0)]
    [InlineData(BackupTestLevel.Drill, 50, 0)]
    [InlineData(BackupTestLevel.Full, 0, 0)]
    [InlineData(BackupTestLevel.Full, 101, 0)]
    [InlineData(BackupTestLevel.Full, double.NaN, 0)]
    [InlineData(BackupTestLevel.Full, 100, -1)]
    public void LimitsThatCannotBeKeptAreRefused(BackupTestLevel level, double sample, int seconds) => ErrorAssert.Throws(
        ErrorId.ArgumentInvalid, () => new TestLimits { Sample = sample, MaxDuration = TimeSpan.FromSeconds(seconds) }.Check(level));

    [Fact]
    public async Task PacksThatWereGoodAreNotReadAgainAndNewOnesAre()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var first = await StoredAsync(new TestLimits { MaxAge = s_week });
        Assert.Equal((BackupTestOutcome.Passed, first.Started), (first.Outcome, first.LastPassed));
        var second = await StoredAsync(new TestLimits { MaxAge = s_week });
        Assert.True(second.Passed);
        Assert.True(second.Bytes < first.Bytes / 2, $"{second.Bytes} of {first.Bytes} bytes were read again");
        Assert.Equal(first.LastPassed, second.LastPassed);
        Store.Add("tuesday", "t2", MemorySlice.Make("cpu", Tuesday, 5, 400, 77));
        await BackupAsync(repository);
        var third = await StoredAsync(new TestLimits { MaxAge = s_week });
        Assert.True(third.Passed);
        Assert.True(third.Bytes > second.Bytes + 1000, $"{third.Bytes} bytes");
        Assert.True((await StoredAsync(TestLimits.None)).Bytes > first.Bytes);
        var sample = await StoredAsync(new TestLimits { Sample = 10, Seed = 3 });
        Assert.Equal(BackupTestOutcome.Partial, sample.Outcome);
    }

    [Fact]
    public async Task DamagedPacksAreTracedToVersionTableAndTime()
    {
        FillStore();
        BackupVersion version;
        await using (var made = await CreateAsync())
            version = await BackupAsync(made);
        Damage();
        await using var repository = await OpenAsync();
        var result = await new TestRun(TestLimits.None, Observer).RunStoredAsync(repository, default);
        Assert.Equal(BackupTestOutcome.Failed, result.Outcome);
        var traced = result.Problems.Where(problem => problem.VersionId == version.VersionId).ToArray();
        Assert.Contains(traced, problem => problem.Table.EndsWith("cpu", StringComparison.Ordinal) && problem.Start is not null);
        Assert.All(traced, problem => Assert.Equal(nameof(ErrorId.PackDamaged), problem.ErrorId));

        await using var view = await RepositoryConnection.OpenAsync(Folder.File("repository"), null, default);
        Assert.Single((await new TestRun(TestLimits.None, Observer).RunStoredAsync(view, default)).Problems);
    }

    [Fact]
    public async Task ABackupAfterDamageThatATestFoundWarnsThatItMayTakeItOver()
    {
        FillStore();
        await using (var made = await CreateAsync())
            await BackupAsync(made);
        Damage();
        Assert.Equal(BackupTestOutcome.Failed, (await StoredAsync(TestLimits.None)).Outcome);
        await using var repository = await OpenAsync();
        await BackupAsync(repository);
        Assert.Contains(Observer.Warnings, warning => warning.Contains("found damage", StringComparison.Ordinal));
        await RepairOperation.RunAsync(repository, [], Observer, default);
        await using var repaired = await OpenAsync();
        Assert.True((await StoredAsync(TestLimits.None)).Passed);
        Observer.Warnings.Clear();
        await BackupAsync(repaired);
        Assert.DoesNotContain(Observer.Warnings, warning => warning.Contains("found damage", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ARepositoryThatTakesNoResultsIsTestedAllTheSame()
    {
        FillStore();
        await using (var made = await CreateAsync())
            await BackupAsync(made);
        var storage = new FaultyStorage(new TsBackup.Storage.LocalStorage(Folder.File("repository")))
        {
            FailAt = 1, Error = ErrorId.StorageReadOnly, StaysDown = false,
        };
        using var key = KeySource.FromPassphrase(Passphrase);
        await using var repository = await RepositoryConnection.OpenAsync(storage, key, default);
        Assert.True((await RunAsync(repository, TestLimits.None)).Passed);
        Assert.Contains(Observer.Warnings, warning => warning.Contains("could not be kept", StringComparison.Ordinal));
    }

    private static SliceEntry Entry(int number, int rows) => new(
        new Slice(new TableId("", $"t{number}"), Monday),
        new SliceSummary(rows, rows, 1, 0, 1, SliceDigest.Empty),
        [.. Enumerable.Range(0, rows).Select(row => new BlockEntry(default, 1, row, row, 10))]);

    private void Damage()
    {
        var file = new DirectoryInfo(Folder.File("repository")).GetFiles("*", SearchOption.AllDirectories).MaxBy(f => f.Length)!.FullName;
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 4] ^= 2;
        File.Delete(file);
        File.WriteAllBytes(file, bytes);
    }

    private async Task<BackupTestResult> StoredAsync(TestLimits limits)
    {
        await using var repository = await OpenAsync();
        var run = new TestRun(limits, Observer);
        var result = await run.RunStoredAsync(repository, default);
        await run.KeepAsync(default);
        return result;
    }

    private async Task<BackupTestResult> RunAsync(
        RepositoryConnection repository, TestLimits limits, BackupTestLevel level = BackupTestLevel.Full)
    {
        var run = new TestRun(limits, Observer);
        var header = await VersionQuery.FindAsync(repository, "latest", null, null, default);
        var request = new TestRequest { Repository = repository, Level = level, Store = Store };
        var result = await run.RunAsync(request, header, default);
        await run.KeepAsync(default);
        return result;
    }
}
