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

public sealed class TablestoreFaultTests
{
    public static TheoryData<string, string, int> Troubles()
    {
        var data = new TheoryData<string, string, int>();
        FakeFaultKind[] kinds =
            [FakeFaultKind.Error, FakeFaultKind.ErrorAfterwards, FakeFaultKind.Cut, FakeFaultKind.CorruptBody, FakeFaultKind.FrontServer];
        foreach (var kind in kinds)
        {
            data.Add(nameof(OperationNames.GetRange), kind.ToString(), 2);
            data.Add(nameof(OperationNames.BatchWriteRow), kind.ToString(), 2);
        }
        data.Add(nameof(OperationNames.GetRange), nameof(FakeFaultKind.EmptyPage), 5);
        data.Add(nameof(OperationNames.BatchWriteRow), nameof(FakeFaultKind.PartialBatch), 4);
        return data;
    }

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task PassingTroubleCostsNoRow(string operation, string kind, int times)
    {
        await using var source = new FakeStore();
        source.Server.PageRows = 50;
        await FillAsync(source, "t", 300);
        await using var target = new FakeStore();
        var server = operation == OperationNames.GetRange ? source.Server : target.Server;
        server.Fail(new FakeFault(operation, Enum.Parse<FakeFaultKind>(kind), times) { After = 1 });

        var (rows, _, failures) = await FakeStore.CopyAsync(source.Connect(), target.Connect());

        Assert.Empty(failures);
        Assert.Equal((600, 0), (rows.RowsWritten, rows.RowsFailed));
        Assert.Equal(await FakeStore.DigestAsync(source.Connect()), await FakeStore.DigestAsync(target.Connect()));
    }

    [Theory]
    [InlineData("OTSServerBusy", 503)]
    [InlineData("OTSNotEnoughCapacityUnit", 403)]
    [InlineData("OTSPartitionUnavailable", 503)]
    [InlineData("OTSRowOperationConflict", 409)]
    [InlineData("OTSTableNotReady", 404)]
    [InlineData("OTSOperationThrottled", 503)]
    [InlineData("OTSTimeout", 503)]
    [InlineData("OTSInternalServerError", 500)]
    public async Task CodesOfTheServiceThatAskForPatienceGetIt(string code, int status)
    {
        await using var source = new FakeStore();
        await FillAsync(source, "t", 20);
        await using var target = new FakeStore();
        source.Server.Fail(new FakeFault(OperationNames.GetRange, FakeFaultKind.Error, 3) { Code = code, Status = status });
        target.Server.Fail(new FakeFault(OperationNames.BatchWriteRow, FakeFaultKind.Error, 3) { Code = code, Status = status });

        var (rows, _, failures) = await FakeStore.CopyAsync(source.Connect(), target.Connect());

        Assert.Empty(failures);
        Assert.Equal((40, 0), (rows.RowsWritten, rows.RowsFailed));
        Assert.True(source.Clock.Ahead > TimeSpan.Zero);
        Assert.Equal(4, source.Server.Calls(OperationNames.GetRange));
    }

    [Fact]
    public async Task OnlyTheRowsThatFailedAreSentAgain()
    {
        await using var source = new FakeStore();
        await FillAsync(source, "t", 100);
        await using var target = new FakeStore();
        var refused = 0;
        target.Server.Fail(new FakeFault(OperationNames.BatchWriteRow, FakeFaultKind.PartialBatch, 1) { Action = () => refused++ });
        await FakeStore.CopyAsync(source.Connect(), target.Connect());
        Assert.Equal(1, refused);
        Assert.Equal(2, target.Server.Calls(OperationNames.BatchWriteRow));
        Assert.Contains(target.Log, line => line.StartsWith("50 of 100 rows", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RowsThatAreRefusedForGoodAreCounted()
    {
        await using var source = new FakeStore();
        await FillAsync(source, "t", 100);
        await using var target = new FakeStore();
        target.Server.Fail(new FakeFault(OperationNames.BatchWriteRow, FakeFaultKind.PartialBatch, 99) { Code = "OTSQuotaExhausted" });

        var (rows, _, _) = await FakeStore.CopyAsync(source.Connect(), target.Connect());

        Assert.Equal((100, 100), (rows.RowsWritten, rows.RowsFailed));
        Assert.Equal(100, Assert.Single(rows.Failures).Rows);
    }

    [Fact]
    public async Task MetadataLimitsOfTheServiceAreKept()
    {
        await using var source = new FakeStore();
        for (var i = 0; i < 30; i++)
            await source.CreateAsync($"t{i}");
        source.Server.MetadataPerSecond = 10;

        var catalog = await source.Connect().DescribeAsync(CancellationToken.None);

        Assert.Equal(30, catalog.Tables.Count);
        Assert.True(source.Clock.Ahead > TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task BadCredentialsAreNamedWithoutTheSecret()
    {
        await using var store = new FakeStore();
        var wrong = store.Address().WithCredential(FakeTablestore.AccessKeyId, "notTheSecretValue");
        await using var connector = new TablestoreConnector(wrong, store.Options);

        var error = await Assert.ThrowsAsync<TsBackupException>(() => connector.DescribeAsync(CancellationToken.None));

        Assert.Equal(ErrorId.StoreCredentialRejected, error.Id);
        Assert.DoesNotContain("notTheSecretValue", error + error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingKeyIsNamedBeforeAnythingIsSent()
    {
        var error = Assert.Throws<TsBackupException>(() => new TablestoreConnector(StoreAddress.Parse("tablestore+https://a.b/a"), new()));
        Assert.Equal(ErrorId.StoreCredentialRejected, error.Id);
    }

    [Fact]
    public async Task ATemporaryKeyNeedsItsToken()
    {
        await using var store = new FakeStore(token: "temporary");
        var without = await Assert.ThrowsAsync<TsBackupException>(() => store.Connect().DescribeAsync(CancellationToken.None));
        Assert.Equal(ErrorId.StoreCredentialRejected, without.Id);

        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "temporary\n");
        var connector = store.Connect("?token-file=" + Uri.EscapeDataString(file));
        Assert.Empty((await connector.DescribeAsync(CancellationToken.None)).Tables);
        File.Delete(file);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(-20)]
    public async Task AClockThatIsOffIsNamedAsTheCause(int minutes)
    {
        await using var store = new FakeStore();
        var clock = new InstantClock();
        clock.Advance(TimeSpan.FromMinutes(minutes));
        var connector = store.Connect(options: store.Options with { Clock = clock });

        var error = await Assert.ThrowsAsync<TsBackupException>(() => connector.DescribeAsync(CancellationToken.None));

        Assert.Equal(ErrorId.StoreCredentialRejected, error.Id);
        Assert.Contains("clock is 20 minutes", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AReplyFromAnotherTimeIsNotTrusted()
    {
        await using var store = new FakeStore();
        store.Server.ReplySkew = TimeSpan.FromMinutes(-20);
        var error = await Assert.ThrowsAsync<TsBackupException>(() => store.Connect().DescribeAsync(CancellationToken.None));
        Assert.Equal(ErrorId.StoreReplySignatureInvalid, error.Id);
    }

    [Fact]
    public async Task AReplySignedWithAnotherKeyIsNotTrusted()
    {
        await using var store = new FakeStore();
        store.Server.Fail(new FakeFault(OperationNames.ListTable, FakeFaultKind.ForeignSignature, 99));

        var error = await Assert.ThrowsAsync<TsBackupException>(() => store.Connect().DescribeAsync(CancellationToken.None));
        Assert.Equal(ErrorId.StoreReplySignatureInvalid, error.Id);
        Assert.Empty((await store.Connect("?verify=off").DescribeAsync(CancellationToken.None)).Tables);
    }

    [Fact]
    public async Task AnUnknownInstanceIsNamed()
    {
        await using var store = new FakeStore();
        var address = store.Address().WithPath("otherinst");
        await using var connector = new TablestoreConnector(address, store.Options);
        var error = await Assert.ThrowsAsync<TsBackupException>(() => connector.DescribeAsync(CancellationToken.None));
        Assert.Equal(ErrorId.StoreNotFound, error.Id);
    }

    [Theory]
    [InlineData(nameof(OperationNames.DescribeTable))]
    [InlineData(nameof(OperationNames.GetRange))]
    public async Task AMissingRightOnOneTableFailsThatTableAlone(string operation)
    {
        await using var source = new FakeStore();
        await FillAsync(source, "good", 10);
        await FillAsync(source, "secret", 10);
        source.Server.Deny(operation, "secret");
        await using var target = new FakeStore();
        var connector = source.Connect();
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        Assert.Equal(["good", "secret"], catalog.Tables.Select(t => t.Id.Name));
        Assert.Equal(operation == OperationNames.DescribeTable ? 1 : 0, catalog.Warnings.Count);

        var failed = new List<SliceFailure>();
        var ended = new List<string>();
        foreach (var group in await connector.PlanAsync(catalog, Scope.All, CancellationToken.None))
        {
            await foreach (var step in connector.ReadAsync(group, CancellationToken.None))
            {
                if (step is SliceFailure failure)
                    failed.Add(failure);
                if (step is SliceEnd end)
                    ended.Add(end.Slice.Table.Name);
                (step as SliceRows)?.Batch.Dispose();
            }
        }

        var one = Assert.Single(failed);
        Assert.Equal(("secret", ErrorId.StoreAccessDenied), (one.Slice.Table.Name, one.Error.Id));
        Assert.Contains("ots:" + operation, one.Error.Hint, StringComparison.Ordinal);
        Assert.Equal(["good"], ended);
    }

    [Fact]
    public async Task ACorruptedRowChecksumFailsTheSliceAndGivesNoRowOfTheBadKind()
    {
        await using var source = new FakeStore();
        await FillAsync(source, "t", 10);
        source.Server.Fail(new FakeFault(OperationNames.GetRange, FakeFaultKind.CorruptRow, 99));
        await using var target = new FakeStore();

        var (_, _, failures) = await FakeStore.CopyAsync(source.Connect(), target.Connect());

        Assert.Equal(ErrorId.StoreReplyInvalid, Assert.Single(failures).Error.Id);
    }

    [Fact]
    public async Task ATableThatIsDroppedWhileItIsReadFailsItsSlice()
    {
        await using var source = new FakeStore();
        source.Server.PageRows = 10;
        await FillAsync(source, "t", 100);
        source.Server.Fail(
            new FakeFault(OperationNames.GetRange, FakeFaultKind.EmptyPage) { After = 2, Action = () => source.Server.DropTable("t") });
        await using var target = new FakeStore();

        var (_, _, failures) = await FakeStore.CopyAsync(source.Connect(), target.Connect());

        Assert.Equal(ErrorId.StoreChanged, Assert.Single(failures).Error.Id);
    }

    [Fact]
    public async Task AServiceThatStaysBusyIsGivenUpAfterTheTimeAllowed()
    {
        await using var store = new FakeStore();
        store.Server.Fail(new FakeFault(OperationNames.ListTable, FakeFaultKind.Error, int.MaxValue));
        var error = await Assert.ThrowsAsync<TsBackupException>(() => store.Connect().DescribeAsync(CancellationToken.None));
        Assert.Equal(ErrorId.StoreThrottled, error.Id);
        Assert.InRange(store.Clock.Ahead, TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(7));
    }

    [Fact]
    public async Task BodiesTravelDeflatedOnRequest()
    {
        await using var source = new FakeStore();
        await FillAsync(source, "t", 300);
        await using var target = new FakeStore();
        var (rows, _, failures) = await FakeStore.CopyAsync(source.Connect("?compress=deflate"), target.Connect("?compress=deflate"));
        Assert.Empty(failures);
        Assert.Equal((600, 0), (rows.RowsWritten, rows.RowsFailed));
        Assert.Equal(await FakeStore.DigestAsync(source.Connect()), await FakeStore.DigestAsync(target.Connect()));
    }

    [Theory]
    [InlineData("?nonsense=1")]
    [InlineData("?cut=maybe")]
    [InlineData("/a/b")]
    public async Task AnAddressThatMakesNoSenseIsRefused(string suffix)
    {
        await using var store = new FakeStore();
        Assert.Equal(ErrorId.StoreUriInvalid, Assert.Throws<TsBackupException>(() => store.Connect(suffix)).Id);
    }

    internal static async Task FillAsync(FakeStore store, string table, int rows)
    {
        await store.CreateAsync(table, new TableOptions { TimeToLive = -1, MaxVersions = 2 });
        var now = store.NowMs;
        for (var i = 0; i < rows; i++)
            await store.PutAsync(table, $"k{i:D5}", ("a", PlainValue.Of((long)i), now), ("b", PlainValue.Of(i / 7.0), now));
    }
}
