using System.Globalization;
using System.Text;
using TsBackup.Connectors;
using TsBackup.Model;

namespace TsBackup.Tests.Contracts;

/// <summary>
/// Rows as texts that tell every bit, by table, key and time, so that two stores can be compared whatever the order and the batches.
/// </summary>
public static class StoreRows
{
    /// <summary>Reads all of a store.</summary>
    public static async Task<SortedDictionary<string, string>> ReadAsync(IConnector connector, Scope? scope = null)
    {
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var group in await connector.PlanAsync(catalog, scope ?? Scope.All, CancellationToken.None))
        {
            await foreach (var step in connector.ReadAsync(group, CancellationToken.None))
                Take(step, rows);
        }
        return rows;
    }

    /// <summary>Adds what an event carries; a failure is thrown, a row that comes twice too.</summary>
    public static void Take(SliceEvent step, SortedDictionary<string, string> rows)
    {
        if (step is SliceFailure failure)
            throw failure.Error;
        if (step is not SliceRows(var slice, var batch))
            return;
        using (batch)
            Add(slice.Table, batch, rows);
    }

    /// <summary>Adds the rows of a batch.</summary>
    public static void Add(TableId table, Batch batch, SortedDictionary<string, string> rows)
    {
        for (var run = 0; run < batch.RunCount; run++)
        {
            var key = Cells(batch, ColumnRole.Key, run);
            for (var row = batch.RunStart(run); row < batch.RunEnd(run); row++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"{table}|{key}|{batch.Time?.Values[row]:D20}");
                rows.Add(name, Cells(batch, ColumnRole.Value, row));
            }
        }
    }

    private static string Cells(Batch batch, ColumnRole role, int index)
    {
        var cells = batch.Columns.Where(c => c.Schema.Role == role && c.IsValid(index))
            .OrderBy(c => c.Schema.Name, StringComparer.Ordinal).ThenBy(c => c.Schema.Type);
        return string.Join(';', cells.Select(c => $"{c.Schema.Name}:{c.Schema.Type}={Cell(c, index)}"));
    }

    private static string Cell(Column column, int index) => column switch
    {
        FixedColumn<long> c => c.Values[index].ToString(CultureInfo.InvariantCulture),
        FixedColumn<ulong> c => c.Values[index].ToString(CultureInfo.InvariantCulture),
        FixedColumn<double> c => BitConverter.DoubleToUInt64Bits(c.Values[index]).ToString("x16", CultureInfo.InvariantCulture),
        FixedColumn<float> c => BitConverter.SingleToUInt32Bits(c.Values[index]).ToString("x8", CultureInfo.InvariantCulture),
        FixedColumn<bool> c => c.Values[index] ? "true" : "false",
        BytesColumn c => Convert.ToHexString(c[index]),
        ListColumn c => string.Join(',', Enumerable.Range(c.StartOf(index), c.Ends[index] - c.StartOf(index))
            .Select(i => c.Items.IsValid(i) ? Encoding.UTF8.GetString(c.Items[i]) : "null")),
        _ => throw new ArgumentException($"{column.GetType().Name} is no column.", nameof(column)),
    };
}
