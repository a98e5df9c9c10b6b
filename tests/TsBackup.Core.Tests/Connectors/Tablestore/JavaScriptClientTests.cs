using System.Globalization;
using System.Text;
using TsBackup.Connectors;
using TsBackup.Connectors.Tablestore;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>
/// The official client checks our fake server and our connector from outside: it has its own encoder, decoder and signer.
/// </summary>
public sealed class JavaScriptClientTests
{
    private static readonly string[] Tables = ["js_auto", "js_indexed", "js_plain", "js_types"];

    [SkippableFact]
    public async Task WhatTheOfficialClientWroteIsReadAndRestoredToTheBit()
    {
        JavaScriptClient.SkipIfMissing();
        await using var source = new FakeStore();
        source.Server.PageRows = 17;
        JavaScriptClient.Run(source.Server, "write");
        var written = Sorted(JavaScriptClient.Run(source.Server, "dump", Tables));
        Assert.Equal(18 + (120 * 2) + 1 + 3 + 2 + 1, written.Count);
        Assert.Equal("bdisx", TypesOf(written.Where(line => line.Contains("|mixed|", StringComparison.Ordinal))));

        Assert.Equal(written, await LinesAsync(source.Connect()));

        await using var target = new FakeStore();
        var (rows, settings, failures) = await FakeStore.CopyAsync(source.Connect(), target.Connect());
        Assert.Empty(failures);
        Assert.Equal((written.Count, 0L), ((int)rows.RowsWritten, rows.RowsFailed));
        Assert.Equal(written, Sorted(JavaScriptClient.Run(target.Server, "dump", Tables)));
        Assert.Contains(settings, s => s is { Kind: "secondary-index", Name: "js_by_city", Restored: true });
    }

    [SkippableFact]
    public async Task KeysThatAreMadeAnewAreReadByTheOfficialClientWhichGoesOnWithThem()
    {
        JavaScriptClient.SkipIfMissing();
        await using var source = new FakeStore();
        JavaScriptClient.Run(source.Server, "write");
        await using var target = new FakeStore();

        var scope = Scope.All with { Include = ["js_auto"] };
        await FakeStore.CopyAsync(source.Connect(), target.Connect("?autoincrement=new"), scope: scope);

        var before = JavaScriptClient.Run(source.Server, "dump", "js_auto");
        var added = Assert.Single(JavaScriptClient.Run(target.Server, "add", "js_auto"));
        var after = JavaScriptClient.Run(target.Server, "dump", "js_auto");
        Assert.Equal(3, after.Count);
        Assert.Equal(Cells(before), Cells(after.Where(line => !line.Contains(added, StringComparison.Ordinal))));
        Assert.Equal(3, after.Select(line => line.Split('|')[1]).Distinct().Count());

        // A cell without its key.
        static List<string> Cells(IEnumerable<string> lines) => Sorted(lines.Select(line => string.Join('|', line.Split('|')[2..])));
    }

    [SkippableFact]
    public async Task WhatWeRestoredIsReadByTheOfficialClientToTheBit()
    {
        JavaScriptClient.SkipIfMissing();
        await using var store = new FakeStore();
        store.Server.PageRows = 11;
        var data = CellData.Make(name => new TableId("", name), seed: 77);
        var everything = new RestoreTarget(data.Catalog, TimeRange.All);
        await using (var writer = await store.Connect().OpenWriterAsync(everything, CancellationToken.None))
        {
            var outcome = await writer.WriteAsync(data.Group, data.EventsAsync(), CancellationToken.None);
            Assert.Equal(0, outcome.RowsFailed);
            await writer.CompleteAsync(CancellationToken.None);
        }
        var expected = new List<string>();
        foreach (var (slice, batches) in data.Slices)
        {
            foreach (var batch in batches())
                AddLines(slice.Table, batch, expected);
        }

        Assert.Equal("bdisx", TypesOf(expected));
        var mixed = expected.GroupBy(line => string.Join('|', line.Split('|')[..3])).Where(cell => TypesOf(cell).Length > 1);
        Assert.True(mixed.Count() > 20, "Few cells have versions of several types.");
        var tables = data.Catalog.Tables.Select(t => t.Id.Name).ToArray();
        Assert.Equal(Sorted(expected), Sorted(JavaScriptClient.Run(store.Server, "dump", tables)));
    }

    private static string TypesOf(IEnumerable<string> lines) => string.Concat(lines.Select(line => line.Split('|')[^1][0]).Distinct().Order());

    private static async Task<List<string>> LinesAsync(TablestoreConnector connector)
    {
        var lines = new List<string>();
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        foreach (var group in await connector.PlanAsync(catalog, Scope.All, CancellationToken.None))
        {
            await foreach (var step in connector.ReadAsync(group, CancellationToken.None))
            {
                if (step is SliceFailure failure)
                    throw failure.Error;
                if (step is SliceRows(var slice, var batch))
                    AddLines(slice.Table, batch, lines);
            }
        }
        return Sorted(lines);
    }

    private static void AddLines(TableId table, Batch batch, List<string> lines)
    {
        using var _ = batch;
        var keys = batch.Columns.Where(c => c.Schema.Role == ColumnRole.Key && c.Schema != TableColumns.Column).ToArray();
        var names = (BytesColumn)batch.FindColumn(TableColumns.Column)!;
        for (var run = 0; run < batch.RunCount; run++)
        {
            var key = $"{table.Name}|{string.Join(',', keys.Select(k => TextOf(k, run)))}";
            for (var row = batch.RunStart(run); row < batch.RunEnd(run); row++)
            {
                if (!names.IsValid(run))
                {
                    lines.Add($"{key}|-");
                    continue;
                }
                var value = batch.Columns.Single(c => c.Schema.Role == ColumnRole.Value && c.IsValid(row));
                var version = batch.Time!.Values[row] / 1_000_000;
                lines.Add(string.Create(
                    CultureInfo.InvariantCulture, $"{key}|{Encoding.UTF8.GetString(names[run])}|{version}|{TextOf(value, row)}"));
            }
        }
    }

    private static string TextOf(Column column, int index) => column switch
    {
        FixedColumn<long> c => "i:" + c.Values[index].ToString(CultureInfo.InvariantCulture),
        FixedColumn<double> c => "d:" + BitConverter.DoubleToInt64Bits(c.Values[index]).ToString("x16", CultureInfo.InvariantCulture),
        FixedColumn<bool> c => "b:" + (c.Values[index] ? "true" : "false"),
        BytesColumn c => (c.Schema.Type == ColumnType.String ? "s:" : "x:") + Convert.ToHexStringLower(c[index]),
        _ => throw new InvalidOperationException($"Column '{column.Schema.Name}' is of no type of this store."),
    };

    private static List<string> Sorted(IEnumerable<string> lines) => [.. lines.Order(StringComparer.Ordinal)];
}
