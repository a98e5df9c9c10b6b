using TsBackup.Connectors;
using TsBackup.Connectors.Tablestore;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.TestServers.Tablestore;
using Xunit;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>What an access key may not see is a gap with a name, never a table that is silently missing.</summary>
public sealed class TablestoreGapTests
{
    [Fact]
    public async Task TimeseriesTablesThatMayNotBeListedAreAGap()
    {
        await using var store = new FakeStore();
        await TablestoreFaultTests.FillAsync(store, "t", 5);
        store.Server.Deny(OperationNames.ListTimeseriesTable, null);

        var failure = Assert.Single(await FailuresAsync(store.Connect(), Scope.All));
        Assert.Equal((ErrorId.StoreAccessDenied, "timeseries/*"), (failure.Error.Id, failure.Slice.Table.ToString()));
        Assert.Contains("ots:ListTimeseriesTable", failure.Error.Hint, StringComparison.Ordinal);
        Assert.Empty(await FailuresAsync(store.Connect(), Scope.All with { Exclude = ["timeseries/*"] }));
    }

    [Theory]
    [InlineData(nameof(OperationNames.ListSearchIndex))]
    [InlineData(nameof(OperationNames.DescribeSearchIndex))]
    public async Task ATableWhoseSearchIndexesMayNotBeSeenKeepsItsOtherSettings(string operation)
    {
        await using var store = new FakeStore();
        await TablestoreFaultTests.FillAsync(store, "t", 5);
        var index = new CreateSearchIndexRequest
        {
            TableName = "t",
            IndexName = "search",
            Schema = new byte[] { 10, 0 },
        };
        await store.Client.CallAsync<UpdateTableResponse>(
            OperationNames.UpdateTable,
            new UpdateTableRequest { TableName = "t", Options = new() { MaxVersions = 1 } },
            "t",
            CancellationToken.None);
        await store.Client.CallAsync<EmptyMessage>(
            OperationNames.CreateSearchIndex, index, "t", CancellationToken.None);
        store.Server.Deny(operation, "t");

        var catalog = await store.Connect().DescribeAsync(CancellationToken.None);

        Assert.Contains("Table 't' keeps its search indexes back", Assert.Single(catalog.Warnings), StringComparison.Ordinal);
        Assert.Equal(["table", "table-options"], catalog.Settings.Select(s => s.Kind).Order());
        Assert.NotEmpty(Assert.Single(catalog.Tables).Columns);
        Assert.Empty(await FailuresAsync(store.Connect(), Scope.All));
    }

    [Fact]
    public async Task TheOtherTablesOfABackupWithAnUnknownTableAreRestored()
    {
        await using var source = new FakeStore();
        await TablestoreFaultTests.FillAsync(source, "good", 10);
        await TablestoreFaultTests.FillAsync(source, "secret", 10);
        source.Server.Deny(nameof(OperationNames.DescribeTable), "secret");
        await using var target = new FakeStore();

        var (rows, _, failures) = await FakeStore.CopyAsync(source.Connect(), target.Connect());

        Assert.Equal("secret", Assert.Single(failures).Slice.Table.Name);
        Assert.Equal((20, 0), (rows.RowsWritten, rows.RowsFailed));
        Assert.Contains(target.Log, line => line.Contains("'secret' is left out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheCatalogSaysHowChangesAreFound()
    {
        await using var store = new FakeStore();
        await store.CreateAsync("open");
        await store.CreateAsync("closed", new() { TimeToLive = -1, MaxVersions = 1, AllowUpdate = false });

        var tables = (await store.Connect().DescribeAsync(CancellationToken.None)).Tables;

        Assert.Equal(["closed", "open"], tables.Select(t => t.Id.Name));
        Assert.StartsWith("by a range of versions", tables[0].ChangesFound, StringComparison.Ordinal);
        Assert.StartsWith("by reading in full", tables[1].ChangesFound, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ALostPageIsAskedForAgainFromItsOwnKeyAndNoOther()
    {
        await using var store = new FakeStore();
        store.Server.PageRows = 50;
        await TablestoreFaultTests.FillAsync(store, "t", 300);
        store.Server.Fail(new FakeFault(OperationNames.GetRange, FakeFaultKind.Cut, 2) { After = 3 });

        var (rows, _) = Assert.Single(await FakeStore.DigestAsync(store.Connect())).Value;

        Assert.Equal(600, rows);
        Assert.Equal(6 + 2, store.Server.Calls(OperationNames.GetRange));
    }

    [Theory]
    [InlineData(nameof(FakeFaultKind.CorruptRow), "")]
    [InlineData(nameof(FakeFaultKind.Cut), "")]
    [InlineData(nameof(FakeFaultKind.Error), "OTSServerBusy")]
    public async Task PassingTroubleCostsNoPoint(string kind, string code)
    {
        await using var store = new FakeStore();
        await TablestoreReadTests.MakeSeriesAsync(store);
        var expected = await FakeStore.DigestAsync(store.Connect());
        store.Server.Fail(new FakeFault(OperationNames.ScanTimeseriesData, Enum.Parse<FakeFaultKind>(kind), 2) { Code = code });

        Assert.Equal(expected, await FakeStore.DigestAsync(store.Connect()));
        Assert.Contains(store.Log, line => line.Contains("Trying again", StringComparison.Ordinal) || kind == nameof(FakeFaultKind.Cut));
    }

    [Theory]
    [InlineData(nameof(FakeFaultKind.CorruptRow), "", ErrorId.StoreReplyInvalid)]
    [InlineData(nameof(FakeFaultKind.ForeignSignature), "", ErrorId.StoreReplySignatureInvalid)]
    [InlineData(nameof(FakeFaultKind.Error), "OTSNoPermissionAccess", ErrorId.StoreAccessDenied)]
    [InlineData(nameof(FakeFaultKind.Error), "OTSObjectNotExist", ErrorId.StoreChanged)]
    public async Task LastingTroubleFailsThePointsAndNotTheAttributes(string kind, string code, ErrorId id)
    {
        await using var store = new FakeStore();
        await TablestoreReadTests.MakeSeriesAsync(store);
        var fault = new FakeFault(OperationNames.ScanTimeseriesData, Enum.Parse<FakeFaultKind>(kind), int.MaxValue);
        store.Server.Fail(fault with { Code = code, Status = 403 });

        var failure = Assert.Single(await FailuresAsync(store.Connect(), Scope.All));

        Assert.Equal((id, "timeseries/cpu", ""), (failure.Error.Id, failure.Slice.Table.ToString(), failure.Slice.Partition));
    }

    [Fact]
    public async Task AStopInTheMiddleOfReadingAsksForNothingMore()
    {
        await using var store = new FakeStore();
        store.Server.PageRows = 50;
        await TablestoreFaultTests.FillAsync(store, "t", 600);
        using var stop = new CancellationTokenSource();
        store.Server.Fail(new FakeFault(OperationNames.GetRange, FakeFaultKind.EmptyPage) { After = 3, Action = stop.Cancel });
        var connector = store.Connect();
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var group = Assert.Single(await connector.PlanAsync(catalog, Scope.All, CancellationToken.None));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var step in connector.ReadAsync(group, stop.Token))
                (step as SliceRows)?.Batch.Dispose();
        });

        Assert.InRange(store.Server.Calls(OperationNames.GetRange), 4, 5);
    }

    [Fact]
    public async Task AStopInTheMiddleOfWritingSendsNothingMoreAndTheNextRestoreCompletes()
    {
        await using var source = new FakeStore();
        await TablestoreFaultTests.FillAsync(source, "t", 2000);
        await source.Client.CallAsync<UpdateTableResponse>(
            OperationNames.UpdateTable,
            new UpdateTableRequest { TableName = "t", Options = new TableOptions { MaxVersionOffset = 7200 } },
            "t",
            CancellationToken.None);
        await using var target = new FakeStore();
        using var stop = new CancellationTokenSource();
        target.Server.Fail(new FakeFault(OperationNames.BatchWriteRow, FakeFaultKind.Error) { After = 3, Action = stop.Cancel });
        var connector = source.Connect();
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var group = Assert.Single(await connector.PlanAsync(catalog, Scope.All, CancellationToken.None));
        await using (var writer = await target.Connect().OpenWriterAsync(new RestoreTarget(catalog, TimeRange.All), CancellationToken.None))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => writer.WriteAsync(group, connector.ReadAsync(group, CancellationToken.None), stop.Token));
        }
        Assert.InRange(target.Server.Calls(OperationNames.BatchWriteRow), 4, 9);

        var (rows, settings, _) = await FakeStore.CopyAsync(source.Connect(), target.Connect());

        // The table was there, but only as the stopped restore had left it: without limits, for the load.
        var options = (await target.DescribeAsync("t")).Options!;
        Assert.Equal("-1 2 7200", $"{options.TimeToLive} {options.MaxVersions} {options.MaxVersionOffset}");
        Assert.All(settings, s => Assert.True(s.Restored || s.Kind == "table", $"{s}"));
        Assert.Equal((4000, 0), (rows.RowsWritten, rows.RowsFailed));
        Assert.Equal(await FakeStore.DigestAsync(source.Connect()), await FakeStore.DigestAsync(target.Connect()));
    }

    [Fact]
    public async Task RowsOfManyMegabytesComeInBatchesOfTheUsualSize()
    {
        await using var store = new FakeStore();
        await store.CreateAsync("t");
        for (var row = 0; row < 8; row++)
        {
            var cells = Enumerable.Range(0, 1000).Select(c => ($"c{c:D4}", Value(row, c), store.NowMs)).ToArray();
            await store.PutAsync("t", $"k{row}", cells);
        }
        var connector = store.Connect();
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var group = Assert.Single(await connector.PlanAsync(catalog, Scope.All, CancellationToken.None));
        var sizes = new List<long>();
        await foreach (var step in connector.ReadAsync(group, CancellationToken.None))
        {
            if (step is not SliceRows(_, var batch))
                continue;
            sizes.Add(batch.ByteSize);
            batch.Dispose();
        }

        // A batch ends with the row that fills it.
        const long row4M = 4 << 20;
        Assert.All(sizes, size => Assert.InRange(size, 1, BatchLimits.MaxBytes + row4M));
        Assert.True(sizes.Count > 2, $"{sizes.Count} batches hold 24 MB.");

        static PlainValue Value(int row, int column)
        {
            var bytes = new byte[3000];
            new Random((row * 1000) + column).NextBytes(bytes);
            return PlainValue.Of(bytes);
        }
    }

    private static async Task<List<SliceFailure>> FailuresAsync(TablestoreConnector connector, Scope scope)
    {
        var failures = new List<SliceFailure>();
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        foreach (var group in await connector.PlanAsync(catalog, scope, CancellationToken.None))
        {
            await foreach (var step in connector.ReadAsync(group, CancellationToken.None))
            {
                if (step is SliceFailure failure)
                    failures.Add(failure);
                (step as SliceRows)?.Batch.Dispose();
            }
        }
        return failures;
    }
}
