using TsBackup.Connectors.Tablestore;
using TsBackup.Model;
using TsBackup.Tests.Contracts;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>Points for the contract suite: tags that come and go, every type, fields whose type changes, µs times.</summary>
internal static class PointData
{
    public static ContractData Make(Func<string, TableId> tableOf, int seed)
    {
        var slices = new List<(Slice, Func<IEnumerable<Batch>>)>();
        foreach (var name in new[] { "metrics", "more" })
        {
            var number = (seed * 31) + slices.Count;
            slices.Add((new Slice(tableOf(name), new TimeRange(0, long.MaxValue)), () => [Rows(number)]));
        }
        ColumnSchema[] columns = [TableColumns.Measurement, TableColumns.Source, TableColumns.Time];
        var tables = slices.Select(s => new TableSchema(s.Item1.Table, columns)).ToArray();
        return new ContractData(new Catalog("contract", "contract://", "contract", tables, [], []), slices);
    }

    private static Batch Rows(int seed)
    {
        var random = new Random(seed);
        var batch = new Batch(rowsAreTuples: true);
        var time = 1_772_000_000_000_000L;
        for (var row = 0; row < 700; row++)
        {
            Text(batch, TableColumns.Measurement, row, row % 2 == 0 ? "cpu" : "mem/ünï");
            Text(batch, TableColumns.Source, row, row % 3 == 0 ? "" : $"host_{row % 5}");
            if (row % 4 > 0)
                Text(batch, TableColumns.OfTag("os"), row, "Ubuntu16.04=x,y");
            if (row % 8 > 5)
                Text(batch, TableColumns.OfTag("$measurement"), row, "odd");
            time += random.Next(1, 1_000_000);
            ((FixedColumn<long>)Get(batch, TableColumns.Time)).Append(time * 1000);
            Field(batch, "load", row % 7 == 0 ? ColumnType.Int64 : ColumnType.Float64, row, random);
            Field(batch, "flag", ColumnType.Boolean, row, random);
            Field(batch, "text", row % 5 == 0 ? ColumnType.Binary : ColumnType.String, row, random);
            batch.EndRun(1);
        }
        return batch.Seal();
    }

    private static void Field(Batch batch, string name, ColumnType type, int row, Random random)
    {
        var column = Get(batch, new ColumnSchema(name, ColumnRole.Value, type));
        column.PadTo(row);
        switch (column)
        {
            case FixedColumn<long> c:
                c.Append(random.NextInt64(long.MinValue, long.MaxValue));
                break;
            case FixedColumn<double> c:
                c.Append(random.Next(2) == 0 ? -0.0 : random.NextDouble());
                break;
            case FixedColumn<bool> c:
                c.Append(random.Next(2) == 0);
                break;
            case BytesColumn c:
                c.Append(random.Next(2) == 0 ? "" : "世界 \"quoted\"");
                break;
        }
    }

    private static void Text(Batch batch, ColumnSchema schema, int row, string value)
    {
        var column = (BytesColumn)Get(batch, schema);
        column.PadTo(row);
        column.Append(value);
    }

    private static Column Get(Batch batch, ColumnSchema schema) => batch.FindColumn(schema) ?? batch.AddColumn(schema);
}
