using TsBackup.Connectors.Tablestore;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tests.Contracts;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>Cells for the contract suite: three types of keys, several versions, types that change from version to version.</summary>
internal static class CellData
{
    private const long Week = 7L * 24 * 3_600_000;
    private static readonly double[] Doubles = [0, -0.0, 5e-324, double.MaxValue, double.NegativeInfinity, 0.1, -1e-300];
    private static readonly long[] Longs = [0, -1, long.MaxValue, long.MinValue, (1L << 53) + 1];
    private static readonly string[] Texts = ["", "plain", "a,b=c d", "ünï©ödé 😀 世界", "two\nlines\0"];

    private static readonly PrimaryKeySchema[] Keys =
    [
        new() { Name = "host", Type = PrimaryKeyType.String },
        new() { Name = "seq", Type = PrimaryKeyType.Integer },
        new() { Name = "raw", Type = PrimaryKeyType.Binary },
    ];

    public static ContractData Make(Func<string, TableId> tableOf, int seed)
    {
        var slices = new List<(Slice, Func<IEnumerable<Batch>>)>();
        var start = new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        foreach (var name in new[] { "weather", "_Odd_table1" })
        {
            for (var week = 0; week < 2; week++)
            {
                var first = start + (week * Week);
                var window = new TimeRange(first * 1_000_000, ((first + Week) * 1_000_000) - 1);
                var number = (seed * 31) + slices.Count;
                var host = $"w{week}";
                // The cells of a row are spread over two batches, as they may come.
                slices.Add((new Slice(tableOf(name), window, host), () => Rows(first, host, number)));
            }
        }
        var tables = slices.Select(s => s.Item1.Table).Distinct().Select(t => new TableSchema(t, TableColumns.OfTable(Keys))).ToArray();
        return new ContractData(new Catalog("contract", "contract://", "contract", tables, [], []), slices);
    }

    private static IEnumerable<Batch> Rows(long first, string host, int seed)
    {
        var random = new Random(seed);
        var batch = new Batch();
        for (var row = 0; row < 30; row++)
        {
            var columns = random.Next(1, 6);
            for (var column = 0; column < columns; column++)
            {
                if (random.Next(20) == 0 && batch.RowCount > 0)
                {
                    yield return batch.Seal();
                    batch = new Batch();
                }
                AddCell(batch, random, first, host, row, "column" + column);
            }
        }
        yield return batch.Seal();
    }

    private static void AddCell(Batch batch, Random random, long first, string host, int row, string column)
    {
        Text(batch, TableColumns.OfKey(Keys[0])).Append(host);
        ((FixedColumn<long>)Get(batch, TableColumns.OfKey(Keys[1]))).Append(row - 15);
        Text(batch, TableColumns.OfKey(Keys[2])).Append(new byte[] { 0, (byte)row, 255 });
        Text(batch, TableColumns.Column).Append(column);
        var versions = random.Next(1, 4);
        var time = first;
        for (var i = 0; i < versions; i++)
        {
            time += random.NextInt64(1, Week / 4);
            ((FixedColumn<long>)Get(batch, TableColumns.Version)).Append(time * 1_000_000);
            AddValue(batch, random, batch.RowCount + i);
        }
        batch.EndRun(versions);
    }

    private static void AddValue(Batch batch, Random random, int row)
    {
        var column = Get(batch, TableColumns.Values[random.Next(TableColumns.Values.Count)]);
        column.PadTo(row);
        switch (column)
        {
            case FixedColumn<double> c:
                c.Append(Doubles[random.Next(Doubles.Length)]);
                break;
            case FixedColumn<long> c:
                c.Append(Longs[random.Next(Longs.Length)]);
                break;
            case FixedColumn<bool> c:
                c.Append(random.Next(2) == 0);
                break;
            case BytesColumn c:
                c.Append(Texts[random.Next(Texts.Length)]);
                break;
        }
    }

    private static Column Get(Batch batch, ColumnSchema schema) => batch.FindColumn(schema) ?? batch.AddColumn(schema);

    private static BytesColumn Text(Batch batch, ColumnSchema schema) => (BytesColumn)Get(batch, schema);
}
