using TsBackup.Errors;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using Xunit;

namespace TsBackup.Tests.Connectors.Tablestore;

public sealed class TablestoreRestoreTests
{
    private static PlainValue Text(string value) => PlainValue.Of(value);

    [Fact]
    public async Task OptionsStreamAndIndexesComeBackAfterTheRows()
    {
        await using var source = new FakeStore();
        await MakeIndexedTableAsync(source);
        await using var target = new FakeStore();
        target.Server.UpdateInterval = TimeSpan.FromMinutes(2);
        target.Server.ReadyDelay = TimeSpan.FromSeconds(20);

        var (rows, settings, failures) = await FakeStore.CopyAsync(source.Connect(), target.Connect());

        Assert.Empty(failures);
        Assert.Equal(0, rows.RowsFailed);
        Assert.Equal(
            ["encryption", "search-index", "secondary-index", "stream", "table", "table-options"], settings.Select(s => s.Kind).Order());
        Assert.All(settings, s => Assert.True(s.Restored, $"{s}"));
        var (before, after) = (await source.DescribeAsync("orders"), await target.DescribeAsync("orders"));
        Assert.Equal(before.Options!.Serialize().ToArray(), after.Options!.Serialize().ToArray());
        Assert.Equal(before.Indexes.Select(i => i.Serialize().ToArray()), after.Indexes.Select(i => i.Serialize().ToArray()));
        Assert.Equal(before.Encryption!.Serialize().ToArray(), after.Encryption!.Serialize().ToArray());
        Assert.Equal((24, true), (after.Stream!.ExpirationHours, after.Stream.Enable));
        Assert.Equal(before.Meta!.DefinedColumns.Select(c => c.Name), after.Meta!.DefinedColumns.Select(c => c.Name));
        var index = await target.Client.CallAsync<DescribeSearchIndexResponse>(
            OperationNames.DescribeSearchIndex,
            new TableIndexRequest { TableName = "orders", IndexName = "search" },
            null,
            CancellationToken.None);
        Assert.Equal(SearchSchema, index.Schema!.Value.ToArray());
        Assert.Equal(await FakeStore.DigestAsync(source.Connect()), await FakeStore.DigestAsync(target.Connect()));
    }

    [Fact]
    public async Task OldVersionsAreTakenAlthoughTheTableHasATimeToLive()
    {
        await using var source = new FakeStore();
        var options = new TableOptions { TimeToLive = 40 * 86_400, MaxVersions = 9, MaxVersionOffset = 30 * 86_400 };
        await source.CreateAsync("t", options);
        var day = 86_400_000L;
        var now = source.NowMs;
        await source.PutAsync("t", "a", [.. Enumerable.Range(1, 9).Select(i => ("c", PlainValue.Of((long)i), now - (i * 3 * day)))]);
        await using var target = new FakeStore();

        var (rows, settings, _) = await FakeStore.CopyAsync(source.Connect(), target.Connect());

        Assert.Equal((9, 0), (rows.RowsWritten, rows.RowsFailed));
        var outcome = Assert.Single(settings, s => s.Kind == "table-options");
        Assert.True(outcome.Restored);
        Assert.Contains("disappear", outcome.Remark, StringComparison.Ordinal);
        Assert.Equal(options.Serialize().ToArray()[..5], (await target.DescribeAsync("t")).Options!.Serialize().ToArray()[..5]);
        Assert.Equal(await FakeStore.DigestAsync(source.Connect()), await FakeStore.DigestAsync(target.Connect()));
    }

    [Fact]
    public async Task ATableIsCopiedWithinItsInstanceWithItsIndexes()
    {
        await using var store = new FakeStore();
        await MakeIndexedTableAsync(store);
        var before = await FakeStore.DigestAsync(store.Connect());

        var (rows, settings, _) = await FakeStore.CopyAsync(store.Connect(), store.Connect(), name => name + "_copy");

        Assert.Equal(0, rows.RowsFailed);
        var after = await FakeStore.DigestAsync(store.Connect());
        Assert.Equal(before["orders"], after["orders_copy"]);
        Assert.Equal(before["orders"], after["orders"]);
        // Index names are names of tables, so the copy's index got another one, and that is said.
        var copy = await store.DescribeAsync("orders_copy");
        Assert.Equal("orders_copy_by_city", Assert.Single(copy.Indexes).Name);
        Assert.Contains(settings, s => s is { Kind: "secondary-index", Restored: false }
            && s.Remark.Contains("orders_copy_by_city", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AutoIncrementKeysStayAsPlainIntegersAndItIsSaid()
    {
        await using var source = new FakeStore();
        await MakeAutoTableAsync(source);
        await using var target = new FakeStore();

        var (rows, settings, _) = await FakeStore.CopyAsync(source.Connect(), target.Connect());

        Assert.Equal((5, 0), (rows.RowsWritten, rows.RowsFailed));
        Assert.Null((await target.DescribeAsync("auto")).Meta!.PrimaryKey[1].Option);
        Assert.Equal(await FakeStore.DigestAsync(source.Connect()), await FakeStore.DigestAsync(target.Connect()));
        var table = Assert.Single(settings, s => s.Kind == "table");
        Assert.False(table.Restored);
        Assert.Contains("plain INTEGER", table.Remark, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AutoIncrementKeysAreMadeAnewOnRequest()
    {
        await using var source = new FakeStore();
        await MakeAutoTableAsync(source);
        await using var target = new FakeStore();

        var (rows, settings, _) = await FakeStore.CopyAsync(source.Connect(), target.Connect("?autoincrement=new"));

        Assert.Equal((5, 0), (rows.RowsWritten, rows.RowsFailed));
        Assert.Equal(PrimaryKeyOption.AutoIncrement, (await target.DescribeAsync("auto")).Meta!.PrimaryKey[1].Option);
        Assert.Equal(5, target.Server.RowCount("auto"));
        Assert.Contains("new values", Assert.Single(settings, s => s.Kind == "table").Remark, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATableThatFillsItsKeysIsNotWrittenToByAccident()
    {
        await using var source = new FakeStore();
        await MakeAutoTableAsync(source);

        var error = await Assert.ThrowsAsync<TsBackupException>(() => FakeStore.CopyAsync(source.Connect(), source.Connect()));

        Assert.Equal(ErrorId.CapabilityMissing, error.Id);
        Assert.Equal(5, source.Server.RowCount("auto"));
    }

    [Fact]
    public async Task RowsBeyondTheLimitsOfOneWriteAreSplit()
    {
        await using var source = new FakeStore();
        await source.CreateAsync("wide", new TableOptions { TimeToLive = -1, MaxVersions = 3 });
        var now = source.NowMs;
        await source.PutAsync("wide", "many", [.. Enumerable.Range(0, 1000).Select(i => ($"c{i}", PlainValue.Of((long)i), now - 2))]);
        await UpdateAsync(source, "wide", "many", [.. Enumerable.Range(0, 1000).Select(i => ($"c{i}", PlainValue.Of(i * 0.5), now - 1))]);
        await UpdateAsync(source, "wide", "many", [.. Enumerable.Range(0, 700).Select(i => ($"d{i}", PlainValue.Of(i % 2 == 0), now - 1))]);
        await source.PutAsync("wide", "large", ("x", PlainValue.Of(new byte[1_900_000]), now));
        await UpdateAsync(source, "wide", "large", ("y", PlainValue.Of(new byte[1_900_000]), now));
        await UpdateAsync(source, "wide", "large", ("z", PlainValue.Of(new byte[1_900_000]), now));
        await source.PutAsync("wide", "small", ("x", Text("after"), now));
        await using var target = new FakeStore();

        var (rows, _, failures) = await FakeStore.CopyAsync(source.Connect(), target.Connect());

        Assert.Empty(failures);
        Assert.Equal((2704, 0), (rows.RowsWritten, rows.RowsFailed));
        Assert.Equal(await FakeStore.DigestAsync(source.Connect()), await FakeStore.DigestAsync(target.Connect()));
    }

    [Fact]
    public async Task MergingKeepsWhatTheBackupDoesNotHave()
    {
        await using var source = new FakeStore();
        await source.CreateAsync("t", new TableOptions { TimeToLive = -1, MaxVersions = 5 });
        var now = source.NowMs;
        await source.PutAsync("t", "a", ("x", Text("backup"), now - 10), ("y", Text("backup"), now - 10));
        await source.PutAsync("t", "empty");
        await using var target = new FakeStore();
        await target.CreateAsync("t", new TableOptions { TimeToLive = -1, MaxVersions = 5, AllowUpdate = false });
        await target.PutAsync("t", "a", ("x", Text("newer"), now - 5), ("x", Text("older"), now - 10), ("z", Text("kept"), now - 5));
        await target.PutAsync("t", "empty", ("z", Text("kept"), now - 5));

        var (rows, settings, _) = await FakeStore.CopyAsync(source.Connect(), target.Connect());

        Assert.Equal((3, 0), (rows.RowsWritten, rows.RowsFailed));
        var lines = await StoreLinesAsync(target);
        Assert.Equal(["a:x=newer,backup", "a:y=backup", "a:z=kept", "empty:z=kept"], lines);
        Assert.False((await target.DescribeAsync("t")).Options!.AllowUpdate);
        Assert.All(settings, s => Assert.False(s.Restored));
    }

    [Fact]
    public async Task AnotherPrimaryKeyInTheTargetIsRefusedBeforeAnythingIsWritten()
    {
        await using var source = new FakeStore();
        await source.CreateAsync("t");
        await using var target = new FakeStore();
        await target.CreateAsync("t", null, FakeStore.Key("pk", PrimaryKeyType.Integer));

        var error = await Assert.ThrowsAsync<TsBackupException>(() => FakeStore.CopyAsync(source.Connect(), target.Connect()));

        Assert.Equal(ErrorId.TargetExists, error.Id);
    }

    [Fact]
    public async Task RowsTooLargeForTheTargetAreCountedAndTheOthersWritten()
    {
        await using var source = new FakeStore();
        await source.CreateAsync("t");
        for (var i = 0; i < 20; i++)
            await source.PutAsync(
                "t", $"k{i:D2}", ("c", PlainValue.Of(new byte[i == 7 ? 5000 : 10]), source.NowMs), ("d", Text("x"), source.NowMs));
        await using var target = new FakeStore();
        target.Server.MaxRowBytes = 4000;

        var (rows, _, _) = await FakeStore.CopyAsync(source.Connect(), target.Connect());

        Assert.Equal((38, 2), (rows.RowsWritten, rows.RowsFailed));
        var failure = Assert.Single(rows.Failures);
        Assert.Equal((2, nameof(ErrorId.StoreWriteRejected)), (failure.Rows, failure.ErrorId));
        Assert.Contains("OTSOutOfRowSizeLimit", failure.Reason, StringComparison.Ordinal);
        Assert.Equal(19, target.Server.RowCount("t"));
    }

    [Fact]
    public async Task ADrillLeavesNoSettingsThatAct()
    {
        await using var store = new FakeStore();
        await MakeIndexedTableAsync(store);
        var connector = store.Connect();
        var scratch = store.Connect("/" + connector.ScratchAddress("x-1").Path.Split('/')[1]);

        var (rows, settings, _) = await FakeStore.CopyAsync(connector, scratch, isScratch: true);

        Assert.Equal(0, rows.RowsFailed);
        Assert.All(settings.Where(s => s.Kind != "table"), s => Assert.False(s.Restored));
        Assert.Equal((await FakeStore.DigestAsync(connector))["orders"], (await FakeStore.DigestAsync(scratch))["orders"]);
        await scratch.DropScratchAsync(CancellationToken.None);
        Assert.Equal(["orders"], (await connector.DescribeAsync(CancellationToken.None)).Tables.Select(t => t.Id.Name));
    }

    private static readonly byte[] SearchSchema = [10, 7, 10, 3, 97, 98, 99, 16, 4, 18, 2, 8, 1, 250, 7, 1, 65];

    private static async Task MakeIndexedTableAsync(FakeStore store)
    {
        var request = new CreateTableRequest
        {
            Meta = new TableMeta { TableName = "orders" },
            Throughput = new ReservedThroughput { Units = new CapacityUnit { Read = 0, Write = 0 } },
            Options = new TableOptions { TimeToLive = -1, MaxVersions = 1, MaxVersionOffset = 86_400, AllowUpdate = true },
            Stream = new StreamSpecification { Enable = true, ExpirationHours = 24 },
            Encryption = new ServerSideEncryption { Enable = true, KeyType = EncryptionKeyType.KeyManagementService },
        };
        request.Meta.PrimaryKey.AddRange([FakeStore.Key("pk", PrimaryKeyType.String)]);
        request.Meta.DefinedColumns.Add(new DefinedColumnSchema { Name = "city", Type = DefinedColumnType.String });
        var index = new IndexMeta { Name = "by_city", UpdateMode = IndexUpdateMode.Async, Type = IndexType.Global };
        index.PrimaryKey.AddRange(["city", "pk"]);
        request.Indexes.Add(index);
        await store.CreateAsync(request);
        for (var i = 0; i < 30; i++)
            await store.PutAsync("orders", $"k{i}", ("city", Text($"c{i % 3}"), store.NowMs), ("n", PlainValue.Of((long)i), store.NowMs));
        var search = new CreateSearchIndexRequest { TableName = "orders", IndexName = "search", Schema = SearchSchema, TimeToLive = -1 };
        await store.Client.CallAsync<EmptyMessage>(OperationNames.CreateSearchIndex, search, null, CancellationToken.None);
    }

    private static async Task MakeAutoTableAsync(FakeStore store)
    {
        await store.CreateAsync(
            "auto", null, FakeStore.Key("p", PrimaryKeyType.String), FakeStore.Key("seq", PrimaryKeyType.Integer, auto: true));
        for (var i = 0; i < 5; i++)
            await store.PutAsync("auto", [("p", Text("a")), ("seq", PlainValue.AutoIncrement)], ("c", PlainValue.Of((long)i), store.NowMs));
    }

    private static async Task UpdateAsync(
        FakeStore store, string table, string key, params (string Name, PlainValue Value, long Version)[] cells)
    {
        var writer = new PlainBufferWriter();
        writer.BeginRow();
        writer.Key("pk", Text(key));
        foreach (var (name, value, version) in cells)
            writer.Cell(name, value, version);
        writer.EndRow();
        var request = new RowChangeRequest
        {
            TableName = table,
            Row = writer.ToArray(),
            Condition = new Condition { RowExistence = RowExistence.Ignore },
        };
        await store.Client.CallAsync<RowChangeResponse>(OperationNames.UpdateRow, request, table, CancellationToken.None);
    }

    private static async Task<List<string>> StoreLinesAsync(FakeStore store)
    {
        var request = new GetRangeRequest
        {
            TableName = "t",
            Direction = Direction.Forward,
            MaxVersions = 9,
            InclusiveStart = TsBackup.Connectors.Tablestore.KeyRange.ToBlob(
                [PlainValue.Minimum], [FakeStore.Key("pk", PrimaryKeyType.String)]),
            ExclusiveEnd = TsBackup.Connectors.Tablestore.KeyRange.ToBlob(
                [PlainValue.Maximum], [FakeStore.Key("pk", PrimaryKeyType.String)]),
        };
        var reply = await store.Client.CallAsync<GetRangeResponse>(OperationNames.GetRange, request, "t", CancellationToken.None);
        var lines = new List<string>();
        var reader = new PlainBufferReader(reply.Rows!.Value);
        var row = new PlainRow();
        while (reader.Read(row))
        {
            var key = System.Text.Encoding.UTF8.GetString(row.BytesOf(row.Keys[0]));
            foreach (var column in row.Cells.GroupBy(c => row.NameTextOf(c)))
            {
                var texts = column.Select(c => System.Text.Encoding.UTF8.GetString(row.BytesOf(c)));
                lines.Add($"{key}:{column.Key}={string.Join(',', texts)}");
            }
        }
        return lines;
    }
}
