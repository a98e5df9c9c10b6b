using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.TestServers.Tablestore;
using Xunit;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>
/// Rows of more columns than a write takes, in tables that make keys: every part must reach the one row with the new key.
/// </summary>
public sealed class AutoIncrementTests
{
    private const int Columns = 2600;
    private const int WideRows = 3;

    [Fact]
    public async Task PartsOfAWideRowReachTheRowWithTheNewKey()
    {
        await using var plain = new FakeStore();
        await FillAsync(plain);
        await using var first = new FakeStore();
        await MakeAsync(first, isAuto: true);

        // Into a table that is there, then from it into one that the restore makes.
        var (rows, _, failures) = await FakeStore.CopyAsync(plain.Connect(), first.Connect("?autoincrement=new"));
        Assert.Empty(failures);
        Assert.Equal(((WideRows * Columns) + 2, 0), (rows.RowsWritten, rows.RowsFailed));
        await using var second = new FakeStore();
        (rows, _, failures) = await FakeStore.CopyAsync(first.Connect(), second.Connect("?autoincrement=new"));
        Assert.Empty(failures);
        Assert.Equal(((WideRows * Columns) + 2, 0), (rows.RowsWritten, rows.RowsFailed));

        var expected = await CellsAsync(plain);
        Assert.Equal(WideRows + 2, second.Server.RowCount("t"));
        Assert.Equal(expected, await CellsAsync(first));
        Assert.Equal(expected, await CellsAsync(second));
        Assert.Equal(PrimaryKeyOption.AutoIncrement, (await second.DescribeAsync("t")).Meta!.PrimaryKey[1].Option);
    }

    [Fact]
    public async Task PartsWaitForAFirstPartThatIsSentAgain()
    {
        await using var plain = new FakeStore();
        await FillAsync(plain);
        await using var target = new FakeStore();
        await MakeAsync(target, isAuto: true);
        target.Server.Fail(new FakeFault(OperationNames.BatchWriteRow, FakeFaultKind.PartialBatch, 6));

        var (rows, _, _) = await FakeStore.CopyAsync(plain.Connect(), target.Connect("?autoincrement=new"));

        Assert.Equal(0, rows.RowsFailed);
        Assert.Equal(await CellsAsync(plain), await CellsAsync(target));
    }

    [Fact]
    public async Task AFirstPartThatIsRefusedTakesTheOthersWithIt()
    {
        await using var plain = new FakeStore();
        await FillAsync(plain);
        await using var target = new FakeStore();
        await MakeAsync(target, isAuto: true);
        target.Server.Fail(new FakeFault(OperationNames.BatchWriteRow, FakeFaultKind.PartialBatch, 1) { Code = "OTSQuotaExhausted" });

        var (rows, _, _) = await FakeStore.CopyAsync(plain.Connect(), target.Connect("?autoincrement=new"));

        Assert.Equal((WideRows * Columns) + 2, rows.RowsWritten + rows.RowsFailed);
        Assert.All(rows.Failures, f => Assert.Equal(nameof(ErrorId.StoreWriteRejected), f.ErrorId));
        var cells = await CellsAsync(target);
        Assert.Equal(rows.RowsWritten, cells.Count);
        // What is there of a wide row is all of it.
        Assert.All(cells.GroupBy(c => c.Row).Where(g => g.Key.StartsWith('w')), g => Assert.Equal(Columns, g.Count()));
    }

    private static async Task FillAsync(FakeStore store)
    {
        await MakeAsync(store, isAuto: false);
        for (var i = 0; i < WideRows; i++)
        {
            var row = $"w{i}";
            for (var first = 0; first < Columns; first += 1000)
                await WriteAsync(
                    store, row, i, [.. Enumerable.Range(first, Math.Min(1000, Columns - first)).Select(c => ($"c{c:D4}", (long)c))]);
        }
        await WriteAsync(store, "a", 1, ("x", 1));
        await WriteAsync(store, "z", 1, ("x", 2));
    }

    private static Task MakeAsync(FakeStore store, bool isAuto) => store.CreateAsync(
        "t", null, FakeStore.Key("p", PrimaryKeyType.String), FakeStore.Key("seq", PrimaryKeyType.Integer, isAuto));

    private static async Task WriteAsync(FakeStore store, string row, long seq, params (string Name, long Value)[] cells)
    {
        var writer = new PlainBufferWriter();
        writer.BeginRow();
        writer.Key("p", PlainValue.Of(row));
        writer.Key("seq", PlainValue.Of(seq));
        foreach (var (name, value) in cells)
            writer.Cell(name, PlainValue.Of(value), store.NowMs);
        writer.EndRow();
        var request = new RowChangeRequest
        {
            TableName = "t",
            Row = writer.ToArray(),
            Condition = new Condition { RowExistence = RowExistence.Ignore },
        };
        await store.Client.CallAsync<RowChangeResponse>(OperationNames.UpdateRow, request, "t", CancellationToken.None);
    }

    /// <summary>All cells without the key column that is made anew.</summary>
    private static async Task<List<(string Row, string Column, long Value)>> CellsAsync(FakeStore store)
    {
        var cells = new List<(string, string, long)>();
        var connector = store.Connect();
        foreach (var group in await connector.PlanAsync(await connector.DescribeAsync(default), Scope.All, default))
        {
            await foreach (var step in connector.ReadAsync(group, default))
            {
                if (step is not SliceRows(_, var batch))
                    continue;
                var key = (BytesColumn)batch.Columns[0];
                var name = (BytesColumn)batch.FindColumn(TsBackup.Connectors.Tablestore.TableColumns.Column)!;
                var value = (FixedColumn<long>)batch.Columns[^1];
                for (var run = 0; run < batch.RunCount; run++)
                    cells.Add((TextOf(key[run]), TextOf(name[run]), value.Values[batch.RunStart(run)]));
                batch.Dispose();
            }
        }
        cells.Sort();
        return cells;
    }

    private static string TextOf(ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);
}
