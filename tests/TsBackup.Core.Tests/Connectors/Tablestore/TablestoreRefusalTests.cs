using TsBackup.Connectors;
using TsBackup.Connectors.Tablestore;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using Xunit;

namespace TsBackup.Tests.Connectors.Tablestore;

public sealed class TablestoreRefusalTests
{
    [Fact]
    public async Task AVersionThatIsNoWholeMillisecondIsCountedAsFailed()
    {
        await using var store = await FilledAsync();
        var (catalog, slice) = await PlanAsync(store);
        await using var target = new FakeStore();
        await using var writer = await target.Connect().OpenWriterAsync(new RestoreTarget(catalog, TimeRange.All), default);
        var outcome = await writer.WriteAsync(new SliceGroup("g", [slice]), Events(slice, Cell(5_000_001), Cell(7_000_000)), default);
        Assert.Equal((1, 1), (outcome.RowsWritten, outcome.RowsFailed));
        Assert.Equal(nameof(ErrorId.ColumnTypeUnsupported), Assert.Single(outcome.Failures).ErrorId);
    }

    [Fact]
    public async Task RowsOfATableThatIsNotToBeRestoredAreRefused()
    {
        await using var store = await FilledAsync();
        var (catalog, slice) = await PlanAsync(store);
        await using var target = new FakeStore();
        await using var writer = await target.Connect().OpenWriterAsync(new RestoreTarget(catalog, TimeRange.All), default);
        var stranger = slice with { Table = new TableId(slice.Table.Group, "stranger") };
        var error = await Assert.ThrowsAsync<TsBackupException>(
            () => writer.WriteAsync(new SliceGroup("g", [stranger]), Events(stranger, Cell(7_000_000)), default));
        Assert.Equal(ErrorId.TableNotFound, error.Id);
    }

    private static async Task<FakeStore> FilledAsync()
    {
        var store = new FakeStore();
        await store.CreateAsync("t");
        await store.PutAsync("t", "a", ("c", PlainValue.Of(1L), store.NowMs));
        return store;
    }

    private static async Task<(Catalog Catalog, Slice Slice)> PlanAsync(FakeStore store)
    {
        var connector = store.Connect();
        var catalog = await connector.DescribeAsync(default);
        var groups = await connector.PlanAsync(catalog, Scope.All, default);
        return (catalog, groups[0].Slices[0]);
    }

    private static Batch Cell(long time)
    {
        var batch = new Batch();
        ((BytesColumn)batch.AddColumn(new ColumnSchema("pk", ColumnRole.Key, ColumnType.String))).Append("a");
        ((BytesColumn)batch.AddColumn(TableColumns.Column)).Append("c" + time);
        ((FixedColumn<long>)batch.AddColumn(TableColumns.Version)).Append(time);
        var schema = TableColumns.Values.First(v => v.Type == ColumnType.Int64);
        ((FixedColumn<long>)batch.AddColumn(schema)).Append(42);
        batch.EndRun(1);
        return batch.Seal();
    }

    private static async IAsyncEnumerable<SliceEvent> Events(Slice slice, params Batch[] batches)
    {
        foreach (var batch in batches)
            yield return new SliceRows(slice, batch);
        await Task.Yield();
        yield return new SliceEnd(slice);
    }
}
