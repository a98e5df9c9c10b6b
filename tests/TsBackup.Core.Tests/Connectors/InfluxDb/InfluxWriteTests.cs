using System.Globalization;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tests.Contracts;
using TsBackup.Tests.Support;
using TsBackup.TestServers;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb;

/// <summary>What is written into a server that refuses some of it.</summary>
[Collection(InfluxDbCollection.Name)]
public sealed class InfluxWriteTests(InfluxDbFixture fixture)
{
    private static readonly ColumnSchema Host = new("host", ColumnRole.Key, ColumnType.String);
    private static readonly ColumnSchema Time = new("time", ColumnRole.Time, ColumnType.Timestamp);
    private static readonly Catalog Nothing = new("InfluxDB", "x", "x", [], [], []);

    [SkippableFact]
    public async Task RowsOfAnotherTypeAreCountedOneByOne()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var database = await fixture.NewDatabaseAsync();
        await fixture.Server.WriteAsync(database, "m v=\"text\" 0");

        // Every seventh row has the field that conflicts, the others have another one.
        using var batch = MakeBatch(1000, row => row % 7 == 0);
        var outcome = await WriteAsync(database, batch);

        Assert.Equal((1000 - 143, 143), (outcome.RowsWritten, outcome.RowsFailed));
        var failure = Assert.Single(outcome.Failures);
        Assert.Equal((143L, nameof(ErrorId.StoreWriteRejected)), (failure.Rows, failure.ErrorId));
        Assert.Contains("field type conflict", failure.Reason);
        await using var connector = fixture.Open(database);
        Assert.Equal(1 + 1000 - 143, (await StoreRows.ReadAsync(connector)).Count);
    }

    [SkippableFact]
    public async Task RowsThatAPresentRetentionPolicyDropsAreCounted()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var database = await fixture.NewDatabaseAsync(" WITH DURATION 2h SHARD DURATION 1h NAME \"short\"");
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds() * 1_000_000_000;
        using var batch = MakeBatch(300, _ => true, row => row < 100 ? now - (row * 1_000_000_000L) : row * 1_000_000_000L);

        var outcome = await WriteAsync(database, batch);

        Assert.Equal((100L, 200L), (outcome.RowsWritten, outcome.RowsFailed));
    }

    [SkippableFact]
    public async Task RowsThatLineProtocolCannotSayAreCounted()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var database = await fixture.NewDatabaseAsync();
        using var batch = new Batch();
        batch.AddColumn(Time);
        var floats = (FixedColumn<double>)batch.AddColumn(new ColumnSchema("v", ColumnRole.Value, ColumnType.Float64));
        foreach (var (value, at) in new[] { 1, double.NaN, 2, double.PositiveInfinity }.Select((v, i) => (v, i)))
        {
            floats.Append(value);
            batch.Time!.Append(at);
        }
        batch.EndRun(4);

        var outcome = await WriteAsync(database, batch.Seal());

        Assert.Equal((2L, 2L), (outcome.RowsWritten, outcome.RowsFailed));
        Assert.Equal(2, outcome.Failures.Sum(failure => failure.Rows));
    }

    [SkippableTheory]
    [InlineData("time")]
    [InlineData("tag")]
    public async Task NamesThatTheServerReservesAreCounted(string what)
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var database = await fixture.NewDatabaseAsync();
        using var batch = new Batch();
        batch.AddColumn(Time);
        var fields = (FixedColumn<long>)batch.AddColumn(new ColumnSchema(what == "time" ? "time" : "v", ColumnRole.Value, ColumnType.Int64));
        if (what == "tag")
            ((BytesColumn)batch.AddColumn(new ColumnSchema("time", ColumnRole.Key, ColumnType.String))).Append("a");
        fields.Append(1);
        batch.Time!.Append(1);
        batch.EndRun(1);

        var outcome = await WriteAsync(database, batch.Seal());

        Assert.Equal((0L, 1L), (outcome.RowsWritten, outcome.RowsFailed));
    }

    [SkippableFact]
    public async Task AFieldNamedTimeBesideOthersIsNotLostSilently()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var database = await fixture.NewDatabaseAsync();
        using var batch = new Batch();
        batch.AddColumn(Time);
        var reserved = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("time", ColumnRole.Value, ColumnType.Int64));
        var other = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("v", ColumnRole.Value, ColumnType.Int64));
        for (var row = 0; row < 10; row++)
        {
            if (row % 2 == 0)
            {
                reserved.PadTo(row);
                reserved.Append(7);
            }
            other.Append(row);
            batch.Time!.Append(row);
        }
        batch.EndRun(10);

        var outcome = await WriteAsync(database, batch.Seal());

        Assert.Equal((5L, 5L), (outcome.RowsWritten, outcome.RowsFailed));
    }

    [SkippableFact]
    public async Task AReplyThatGetsLostIsAskedForAgain()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var database = await fixture.NewDatabaseAsync();
        await using var proxy = FaultProxy.Start(fixture.Server.HttpPort);
        proxy.Only("/write");
        proxy.Add(new Fault.CutReply(0), new Fault.Answer(503, "{\"error\":\"timeout\"}"), new Fault.CutRequest(300), new Fault.Answer(500, "{\"error\":\"timeout\"}"));
        using var batch = MakeBatch(500, _ => true);

        var outcome = await WriteAsync(database, batch, proxy.Port);

        Assert.Equal((500L, 0L, 4), (outcome.RowsWritten, outcome.RowsFailed, proxy.Made));
        await using var connector = fixture.Open(database);
        Assert.Equal(500, (await StoreRows.ReadAsync(connector)).Count);
    }

    [SkippableFact]
    public async Task ATargetThatStaysAwayIsAnError()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var database = await fixture.NewDatabaseAsync();
        await using var proxy = FaultProxy.Start(fixture.Server.HttpPort);
        proxy.Only("/write");
        proxy.Add([.. Enumerable.Repeat(new Fault.Refuse(), 5)]);
        using var batch = MakeBatch(10, _ => true);

        var error = await Assert.ThrowsAsync<TsBackupException>(() => WriteAsync(database, batch, proxy.Port));

        Assert.Equal(ErrorId.StoreConnectionLost, error.Id);
        Assert.Equal(5, proxy.Made);
    }

    [SkippableFact]
    public async Task DeletingIsRefusedWhereAnotherRetentionPolicyWouldLoseRows()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var database = await fixture.NewDatabaseAsync();
        await fixture.Server.QueryAsync($"CREATE RETENTION POLICY other ON \"{database}\" DURATION INF REPLICATION 1");
        await fixture.Server.WriteAsync(database, "m v=1 1\nm v=2 5");
        await fixture.Server.WriteAsync(database, "m v=3 1", "other");
        await using var connector = fixture.Open(database);
        var table = new TableId("autogen", "m");

        var error = await Assert.ThrowsAsync<TsBackupException>(
            () => connector.DeleteRowsAsync(table, new TimeRange(0, 2), CancellationToken.None));
        await connector.DeleteRowsAsync(table, new TimeRange(4, 6), CancellationToken.None);

        Assert.Equal(ErrorId.CapabilityMissing, error.Id);
        await Assert.ThrowsAsync<TsBackupException>(() => connector.CheckDeleteAsync([table], new TimeRange(0, 2), CancellationToken.None));
        Assert.Equal(["autogen/m||00000000000000000001", "other/m||00000000000000000001"], (await StoreRows.ReadAsync(connector)).Keys);

        // Both are meant, so nothing is lost that is not.
        TableId[] both = [table, table with { Group = "other" }];
        await connector.CheckDeleteAsync(both, new TimeRange(0, 2), CancellationToken.None);
        await connector.DeleteRowsAsync(both, new TimeRange(0, 2), CancellationToken.None);
        Assert.Empty(await StoreRows.ReadAsync(connector));

        // There is nothing of this table to delete, and what the other holds stays.
        await fixture.Server.WriteAsync(database, "m v=4 1", "other");
        await connector.DeleteRowsAsync(table, new TimeRange(0, 2), CancellationToken.None);
        Assert.Equal(["other/m||00000000000000000001"], (await StoreRows.ReadAsync(connector)).Keys);
    }

    private static Batch MakeBatch(int rows, Func<int, bool> hasValue, Func<int, long>? timeOf = null)
    {
        var batch = new Batch();
        batch.AddColumn(Time);
        var host = (BytesColumn)batch.AddColumn(Host);
        var values = (FixedColumn<double>)batch.AddColumn(new ColumnSchema("v", ColumnRole.Value, ColumnType.Float64));
        var others = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("w", ColumnRole.Value, ColumnType.Int64));
        for (var row = 0; row < rows; row++)
        {
            host.Append(row.ToString(CultureInfo.InvariantCulture));
            batch.Time!.Append(timeOf?.Invoke(row) ?? row);
            values.PadTo(row);
            others.PadTo(row);
            if (hasValue(row))
                values.Append(row);
            else
                others.Append(row);
            batch.EndRun(1);
        }
        return batch.Seal();
    }

    private async Task<WriteOutcome> WriteAsync(string database, Batch batch, int port = 0)
    {
        await using var connector = fixture.Open(database, new ConnectorOptions { Clock = new HastyClock() }, port);
        await using var writer = await connector.OpenWriterAsync(new RestoreTarget(Nothing, TimeRange.All), CancellationToken.None);
        var slice = new Slice(new TableId("", "m"), TimeRange.All);
        return await writer.WriteAsync(new SliceGroup("g", [slice]), Events(slice, batch), CancellationToken.None);
    }

    private static async IAsyncEnumerable<SliceEvent> Events(Slice slice, Batch batch)
    {
        yield return new SliceRows(slice, batch);
        await Task.Yield();
        yield return new SliceEnd(slice);
    }
}
