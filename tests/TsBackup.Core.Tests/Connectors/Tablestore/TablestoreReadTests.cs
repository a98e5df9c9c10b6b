using TsBackup.Connectors;
using TsBackup.Connectors.Tablestore;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using Xunit;

namespace TsBackup.Tests.Connectors.Tablestore;

public sealed class TablestoreReadTests
{
    private const long Milli = 1_000_000;

    [Fact]
    public async Task CellsAfterTheCutAreLeftToTheNextBackupAndLeaveNoEmptyRows()
    {
        await using var store = new FakeStore();
        await store.CreateAsync("t", new TableOptions { TimeToLive = -1, MaxVersions = 3 });
        await store.PutAsync("t", "old", ("c", PlainValue.Of("x"), store.NowMs - 5000));
        await store.PutAsync("t", "empty");
        var connector = store.Connect();
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var groups = await connector.PlanAsync(catalog, Scope.All, CancellationToken.None);
        store.Clock.Advance(TimeSpan.FromSeconds(30));
        await store.PutAsync("t", "new", ("c", PlainValue.Of("y"), store.NowMs));

        var rows = await RowsAsync(connector, groups);

        Assert.Equal([("empty", "", 0), ("old", "c", rows[1].Version)], rows);
        var later = await connector.PlanAsync(catalog, Scope.All, CancellationToken.None);
        Assert.Equal(["empty", "new", "old"], (await RowsAsync(connector, later)).Select(r => r.Key));
    }

    [Fact]
    public async Task VersionsInTheFutureAreTakenWhenNoCutIsAsked()
    {
        await using var store = new FakeStore();
        await store.CreateAsync("t", new TableOptions { TimeToLive = -1, MaxVersions = 3, MaxVersionOffset = 86_400 * 365 });
        await store.PutAsync("t", "later", ("c", PlainValue.Of("y"), store.NowMs + 86_400_000));
        Assert.Equal(0, (await FakeStore.DigestAsync(store.Connect()))["t"].Rows);
        Assert.Equal(1, (await FakeStore.DigestAsync(store.Connect("?cut=none")))["t"].Rows);
    }

    [Fact]
    public async Task SplitsCoverEveryRowOnceAndAreReadAgainFromTheirText()
    {
        await using var store = new FakeStore();
        store.Server.SplitBytes = 200;
        store.Server.PageRows = 3;
        await store.CreateAsync(
            "t",
            new TableOptions { TimeToLive = -1, MaxVersions = 1 },
            FakeStore.Key("a", PrimaryKeyType.String),
            FakeStore.Key("b", PrimaryKeyType.Integer),
            FakeStore.Key("c", PrimaryKeyType.Binary));
        for (var i = 0; i < 100; i++)
        {
            (string, PlainValue)[] keys =
                [("a", PlainValue.Of($"p.,{i / 9}é:")), ("b", PlainValue.Of(50L - i)), ("c", PlainValue.Of(new[] { (byte)i }))];
            await store.PutAsync("t", keys, ("x", PlainValue.Of((long)i), store.NowMs));
        }
        var connector = store.Connect();
        var groups = await connector.PlanAsync(await connector.DescribeAsync(CancellationToken.None), Scope.All, CancellationToken.None);
        Assert.True(groups.Count > 10);
        var planned = await RowsAsync(connector, groups);
        Assert.Equal(100, planned.Count);

        await using var other = new FakeStore();
        await FakeStore.CopyAsync(connector, other.Connect(), _ => "renamed");
        var again = groups.Select(g => new SliceGroup("x", [g.Slices[0] with { Table = new TableId("", "renamed") }]));
        foreach (var (group, moved) in groups.Zip(again))
            Assert.Equal(await RowsAsync(connector, [group]), await RowsAsync(other.Connect(), [moved]));
    }

    [Fact]
    public void KeyRangesAreReadFromTheirText()
    {
        var random = new Random(11);
        for (var i = 0; i < 2000; i++)
        {
            var columns = random.Next(1, 5);
            var range = new KeyRange(Bound(random, columns), Bound(random, columns));
            var read = KeyRange.Parse(range.ToString(), columns, "t");
            Assert.True(range.Lower.SequenceEqual(read.Lower) && range.Upper.SequenceEqual(read.Upper), $"seed 11, {i}: {range}");
        }
    }

    [Theory]
    [InlineData("min")]
    [InlineData("min..max,max")]
    [InlineData("i:x..max")]
    [InlineData("b:0..max")]
    [InlineData("q:1..max")]
    [InlineData("i:99999999999999999999..max")]
    [InlineData("..")]
    public void OtherTextsAreNoKeyRanges(string text) =>
        Assert.Equal(ErrorId.ArgumentInvalid, Assert.Throws<TsBackupException>(() => KeyRange.Parse(text, 1, "t")).Id);

    [Fact]
    public async Task APartOfTheVersionsIsReadAndDeleted()
    {
        await using var store = new FakeStore();
        await store.CreateAsync("t", new TableOptions { TimeToLive = -1, MaxVersions = 9 });
        var now = store.NowMs;
        await store.PutAsync("t", "a", [.. Enumerable.Range(0, 5).Select(i => ("c", PlainValue.Of((long)i), now - (i * 1000)))]);
        await store.PutAsync("t", "b", ("c", PlainValue.Of("x"), now - 2000));
        await store.PutAsync("t", "empty");
        var connector = store.Connect();
        var range = new TimeRange(((now - 3000) * Milli) - 5, ((now - 1000) * Milli) - 1);

        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var part = await RowsAsync(connector, await connector.PlanAsync(catalog, Scope.All with { Range = range }, CancellationToken.None));
        Assert.Equal(
            [("a", "c", now - 3000), ("a", "c", now - 2000), ("b", "c", now - 2000)], part.OrderBy(r => r.Key).ThenBy(r => r.Version));

        await connector.DeleteRowsAsync(new TableId("", "t"), range, CancellationToken.None);
        var rest = await RowsAsync(connector, await connector.PlanAsync(catalog, Scope.All, CancellationToken.None));
        Assert.Equal(
            [("a", now - 4000), ("a", now - 1000), ("a", now), ("empty", 0)],
            rest.OrderBy(r => r.Key).ThenBy(r => r.Version).Select(r => (r.Key, r.Version)));

        await connector.DeleteRowsAsync(new TableId("", "t"), TimeRange.All, CancellationToken.None);
        Assert.Equal(0, store.Server.RowCount("t"));
    }

    [Fact]
    public async Task TheTimeseriesModelIsCopiedWithOptionsStoresIndexesAndAttributes()
    {
        await using var source = new FakeStore();
        await MakeSeriesAsync(source);
        await using var target = new FakeStore();

        var (rows, settings, failures) = await FakeStore.CopyAsync(source.Connect(), target.Connect());

        Assert.Empty(failures);
        Assert.Equal((301, 0), (rows.RowsWritten, rows.RowsFailed));
        Assert.Equal(
            ["analytical-store", "lastpoint-index", "timeseries-options", "timeseries-table"], settings.Select(s => s.Kind).Order());
        Assert.All(settings, s => Assert.True(s.Restored, $"{s}"));
        Assert.Equal(await FakeStore.DigestAsync(source.Connect()), await FakeStore.DigestAsync(target.Connect()));
        var request = new TableNameRequest { TableName = "cpu" };
        var (before, after) = (await DescribeAsync(source), await DescribeAsync(target));
        Assert.Equal(before, after);
        async Task<string> DescribeAsync(FakeStore store)
        {
            var description = await store.Client.CallAsync<DescribeTimeseriesTableResponse>(
                OperationNames.DescribeTimeseriesTable, request, null, CancellationToken.None);
            return Convert.ToHexString(description.Serialize().Span);
        }
    }

    [Fact]
    public async Task PointsOfARangeAreRead()
    {
        await using var store = new FakeStore();
        await MakeSeriesAsync(store);
        var connector = store.Connect();
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var first = (store.NowMs * Milli) - (200 * 1_000_000_000L);
        var range = Scope.All with { Range = new TimeRange(first, long.MaxValue) };
        var times = new List<long>();
        foreach (var group in await connector.PlanAsync(catalog, range, CancellationToken.None))
        {
            Assert.NotEqual(TableColumns.AttributesPartition, group.Slices[0].Partition);
            await foreach (var step in connector.ReadAsync(group, CancellationToken.None))
            {
                if (step is SliceRows(_, var batch))
                    times.AddRange(batch.Time!.Values);
                (step as SliceRows)?.Batch.Dispose();
            }
        }
        Assert.InRange(times.Count, 190, 201);
        Assert.All(times, t => Assert.True(t >= first));
    }

    [Fact]
    public async Task PointsCannotBeDeletedByTimeButAltogether()
    {
        await using var store = new FakeStore();
        await MakeSeriesAsync(store);
        var id = new TableId(TableColumns.TimeseriesGroup, "cpu");
        var connector = store.Connect();
        var error = await Assert.ThrowsAsync<TsBackupException>(
            () => connector.DeleteRowsAsync(id, new TimeRange(0, 5), CancellationToken.None));
        Assert.Equal(ErrorId.CapabilityMissing, error.Id);
        await connector.DeleteRowsAsync(id, TimeRange.All, CancellationToken.None);
        Assert.False(await connector.HasRowsAsync(id, TimeRange.All, CancellationToken.None));
    }

    internal static async Task MakeSeriesAsync(FakeStore store)
    {
        var create = new CreateTimeseriesTableRequest
        {
            Meta = new TimeseriesTableMeta
            {
                TableName = "cpu",
                Options = new TimeseriesTableOptions { TimeToLive = 86_400 },
                MetaOptions = new TimeseriesMetaOptions { AllowUpdateAttributes = true, MetaTimeToLive = 604_800 },
            },
        };
        create.AnalyticalStores.Add(new AnalyticalStore { Name = "olap", TimeToLive = -1, SyncOption = 1 });
        create.LastpointIndexes.Add(new LastpointIndex { IndexTableName = "cpu_last" });
        await store.Client.CallAsync<EmptyMessage>(OperationNames.CreateTimeseriesTable, create, null, CancellationToken.None);
        var batch = new Batch(rowsAreTuples: true);
        var measurement = (BytesColumn)batch.AddColumn(TableColumns.Measurement);
        var host = (BytesColumn)batch.AddColumn(TableColumns.OfTag("host"));
        var time = (FixedColumn<long>)batch.AddColumn(TableColumns.Time);
        var load = (FixedColumn<double>)batch.AddColumn(new ColumnSchema("load", ColumnRole.Value, ColumnType.Float64));
        for (var i = 0; i < 300; i++)
        {
            measurement.Append("cpu");
            host.Append($"h{i % 3}");
            time.Append((store.NowMs * Milli) - (i * 1_000_000_000L));
            load.Append(i / 3.0);
            batch.EndRun(1);
        }
        var slice = new Slice(new TableId(TableColumns.TimeseriesGroup, "cpu"), TimeRange.All);
        var sender = new PointSender(store.Client, "cpu", new WriteLedger(), store.Options);
        using (batch.Seal())
            await sender.WriteAsync(slice, batch, CancellationToken.None);
        var key = new TimeseriesKey { Measurement = "cpu", Tags = "[\"host=h1\"]" };
        var meta = new TimeseriesMeta { Key = key, Attributes = "[\"city=Ulm\"]" };
        var update = new UpdateTimeseriesMetaRequest { TableName = "cpu" };
        update.Metas.Add(meta);
        await store.Client.CallAsync<UpdateTimeseriesMetaResponse>(
            OperationNames.UpdateTimeseriesMeta, update, null, CancellationToken.None);
    }

    private static PlainValue[] Bound(Random random, int columns) => [.. Enumerable.Range(0, columns).Select(_ => random.Next(6) switch
    {
        0 => PlainValue.Minimum,
        1 => PlainValue.Maximum,
        2 => PlainValue.Of(random.NextInt64(long.MinValue, long.MaxValue)),
        3 => PlainValue.Of(new string([.. Enumerable.Range(0, random.Next(6)).Select(_ => "a.,:%é世/"[random.Next(8)])])),
        4 => new PlainValue(PlainType.String, 0, Bytes(random)),
        _ => PlainValue.Of(Bytes(random)),
    })];

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[random.Next(8)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static async Task<List<(string Key, string Column, long Version)>> RowsAsync(
        TablestoreConnector connector, IEnumerable<SliceGroup> groups)
    {
        var rows = new List<(string, string, long)>();
        foreach (var group in groups)
        {
            await foreach (var step in connector.ReadAsync(group, CancellationToken.None))
            {
                if (step is SliceFailure failure)
                    throw failure.Error;
                if (step is not SliceRows(_, var batch))
                    continue;
                using (batch)
                    Add(batch, rows);
            }
        }
        rows.Sort();
        return rows;
    }

    private static void Add(Batch batch, List<(string, string, long)> rows)
    {
        var key = (BytesColumn)batch.Columns[0];
        var column = (BytesColumn)batch.FindColumn(TableColumns.Column)!;
        for (var run = 0; run < batch.RunCount; run++)
        {
            for (var row = batch.RunStart(run); row < batch.RunEnd(run); row++)
            {
                var name = System.Text.Encoding.UTF8.GetString(column[run]);
                rows.Add((System.Text.Encoding.UTF8.GetString(key[run]), name, batch.Time!.Values[row] / Milli));
            }
        }
    }
}
