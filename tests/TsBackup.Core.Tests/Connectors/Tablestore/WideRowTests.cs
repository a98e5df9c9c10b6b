using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.TestServers.Tablestore;
using Xunit;

namespace TsBackup.Tests.Connectors.Tablestore;

public sealed class WideRowTests
{
    [Theory]
    [InlineData(400, 3)]
    [InlineData(90, 1000)]
    [InlineData(2000, 7)]
    public async Task RowsThatDoNotFitAReplyAreReadInFull(int replyRowBytes, int pageRows)
    {
        await using var source = new FakeStore();
        await FillAsync(source);
        var whole = await FakeStore.DigestAsync(source.Connect());
        Assert.Equal(0, source.Server.Calls(OperationNames.GetRow));
        source.Server.ReplyRowBytes = replyRowBytes;
        source.Server.PageRows = pageRows;

        Assert.Equal(whole, await FakeStore.DigestAsync(source.Connect()));
        Assert.True(source.Server.Calls(OperationNames.GetRow) > 2);

        await using var target = new FakeStore();
        var (rows, _, failures) = await FakeStore.CopyAsync(source.Connect(), target.Connect());
        Assert.Empty(failures);
        Assert.Equal((whole["t"].Rows, 0), (rows.RowsWritten, rows.RowsFailed));
        Assert.Equal(whole, await FakeStore.DigestAsync(target.Connect()));
    }

    [Fact]
    public async Task AColumnWhoseVersionsDoNotFitAReplyIsReadVersionByVersion()
    {
        await using var store = new FakeStore();
        await FillAsync(store);
        var whole = await FakeStore.DigestAsync(store.Connect());
        // Two cells of the column with three versions of 300 bytes do not fit; any single one does.
        store.Server.ReplyRowBytes = 500;
        Assert.Equal(whole, await FakeStore.DigestAsync(store.Connect()));
    }

    [Fact]
    public async Task AWideRowIsReadWithinTheTimeRangeOfTheSlice()
    {
        await using var store = new FakeStore();
        await FillAsync(store);
        var range = new TimeRange(0, (store.NowMs - 1000) * 1_000_000);
        var whole = await CountAsync(store, range);
        Assert.True(whole > 40);
        store.Server.ReplyRowBytes = 300;
        Assert.Equal(whole, await CountAsync(store, range));
    }

    [Fact]
    public async Task ATokenWithoutEndIsAnErrorAndNoLoop()
    {
        await using var store = new FakeStore();
        await FillAsync(store);
        store.Server.ReplyRowBytes = 20;
        store.Server.Fail(new FakeFault(OperationNames.GetRow, FakeFaultKind.Error, int.MaxValue)
        {
            Code = "OTSParameterInvalid",
            Status = 400,
            After = 3,
        });
        var error = await Assert.ThrowsAsync<TsBackupException>(() => FakeStore.DigestAsync(store.Connect()));
        Assert.Equal(ErrorId.StoreQueryFailed, error.Id);
    }

    [Fact]
    public async Task AWideRowIsOnlyDeletedAsAWholeWhenAllOfItLiesInTheRange()
    {
        await using var store = new FakeStore();
        await FillAsync(store);
        var all = (await FakeStore.DigestAsync(store.Connect()))["t"].Rows;
        store.Server.ReplyRowBytes = 400;
        var connector = store.Connect();
        // Two old cells of the wide row, and the row without cells, which counts as time 0.
        var range = new TimeRange(0, (store.NowMs - 2500) * 1_000_000);
        await connector.DeleteRowsAsync(new TableId("", "t"), range, CancellationToken.None);
        Assert.Equal(all - 3, (await FakeStore.DigestAsync(store.Connect()))["t"].Rows);

        await connector.DeleteRowsAsync(new TableId("", "t"), TimeRange.All, CancellationToken.None);
        Assert.Equal(0, store.Server.RowCount("t"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task APageWithAWrongRowChecksumIsAskedForAgainAndNoRowComesTwice(int times)
    {
        await using var source = new FakeStore();
        await TablestoreFaultTests.FillAsync(source, "t", 300);
        source.Server.PageRows = 50;
        var whole = await FakeStore.DigestAsync(source.Connect());
        source.Server.Fail(new FakeFault(OperationNames.GetRange, FakeFaultKind.CorruptRow, times) { After = 2 });

        Assert.Equal(whole, await FakeStore.DigestAsync(source.Connect()));
        Assert.Contains(source.Log, line => line.Contains("checksum", StringComparison.Ordinal)
            && line.Contains("Trying again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AWrongChecksumThatStaysFailsTheSliceAfterAsManyTriesAsAreAllowed()
    {
        await using var source = new FakeStore();
        await TablestoreFaultTests.FillAsync(source, "t", 10);
        source.Server.Fail(new FakeFault(OperationNames.GetRange, FakeFaultKind.CorruptRow, int.MaxValue));

        var error = await Assert.ThrowsAsync<TsBackupException>(() => FakeStore.DigestAsync(source.Connect()));

        Assert.Equal(ErrorId.StoreReplyInvalid, error.Id);
        Assert.Equal(source.Options.Attempts, source.Server.Calls(OperationNames.GetRange));
    }

    [Fact]
    public async Task AWrongChecksumInAWideRowIsAskedForAgain()
    {
        await using var source = new FakeStore();
        await FillAsync(source);
        var whole = await FakeStore.DigestAsync(source.Connect());
        source.Server.ReplyRowBytes = 400;
        source.Server.Fail(new FakeFault(OperationNames.GetRange, FakeFaultKind.CorruptRow, 3) { After = 1 });
        source.Server.Fail(new FakeFault(OperationNames.GetRow, FakeFaultKind.CorruptRow, 2) { After = 1 });
        Assert.Equal(whole, await FakeStore.DigestAsync(source.Connect()));
    }

    /// <summary>A small row, one of 120 columns with up to three versions of different sizes, one without cells, a small row.</summary>
    private static async Task FillAsync(FakeStore store)
    {
        await store.CreateAsync("t", new TableOptions { TimeToLive = -1, MaxVersions = 3 });
        var now = store.NowMs - 10;
        await store.PutAsync("t", "a", ("c", PlainValue.Of(1L), now));
        var cells = new List<(string, PlainValue, long)>();
        for (var i = 0; i < 120; i++)
        {
            var name = i == 60 ? "multi" : $"{"aZ_x"[i % 4]}{i}";
            var size = i == 60 ? 300 : i % 7;
            for (var version = 0; version < (i == 60 ? 3 : 1 + (i % 3)); version++)
                cells.Add((name, PlainValue.Of(new string('v', size)), now - (version * 1000)));
        }
        // All but one column are newer than the oldest version of that one.
        cells.RemoveAll(c => c.Item1 != "multi" && c.Item3 == now - 2000);
        cells.Add(("oldest", PlainValue.Of(0.5), now - 5000));
        cells.RemoveAll(c => c is { Item1: "multi" } && c.Item3 == now - 2000);
        cells.Add(("multi", PlainValue.Of(new string('v', 300)), now - 4000));
        await store.PutAsync("t", "b", [.. cells]);
        await store.PutAsync("t", "c");
        await store.PutAsync("t", "d", ("c", PlainValue.Of(2L), now));
    }

    private static async Task<long> CountAsync(FakeStore store, TimeRange range)
    {
        var connector = store.Connect();
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var rows = 0L;
        foreach (var group in await connector.PlanAsync(catalog, Scope.All with { Range = range }, CancellationToken.None))
        {
            await foreach (var step in connector.ReadAsync(group, CancellationToken.None))
            {
                if (step is SliceFailure failure)
                    throw failure.Error;
                rows += (step as SliceRows)?.Batch.RowCount ?? 0;
                (step as SliceRows)?.Batch.Dispose();
            }
        }
        return rows;
    }
}
