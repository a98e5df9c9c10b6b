using TsBackup.Model;

namespace TsBackup.Tests.Contracts;

/// <summary>Rows for stores of series: tags that come and go, every type asked for with its awkward values, gaps, several days.</summary>
public static class SeriesData
{
    private const long Hour = 3_600_000_000_000;
    private static readonly long Start = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds() * 1_000_000_000;
    private static readonly double[] Doubles = [0, -0.0, 5e-324, double.MaxValue, double.MinValue, 1, 0.1, -1e-300, 42];
    private static readonly long[] Longs = [0, -1, long.MaxValue, long.MinValue, (1L << 53) + 1, 42];
    private static readonly string[] Texts = ["",
        "plain", "a \"quote\" and a \\ backslash", "two\nlines", "ünï©ödé 😀", "a,b=c d", "\\\\\"", "42"];

    /// <summary>Two tables, a slice a week.</summary>
    /// <param name="tableOf">Names a table.</param>
    /// <param name="types">Types of value columns.</param>
    /// <param name="seed">Seed of the random part.</param>
    public static ContractData Make(Func<string, TableId> tableOf, IReadOnlyList<ColumnType> types, int seed)
    {
        var slices = new List<(Slice, Func<IEnumerable<Batch>>)>();
        foreach (var name in new[] { "weather", "odd \"table\", name=1" })
        {
            for (var week = 0; week < 2; week++)
            {
                // Weeks as the shard groups of a store with weekly groups begin: on Mondays.
                var first = Start + (((week * 7) + 1) * 24 * Hour);
                var slice = new Slice(tableOf(name), new TimeRange(first, first + (7 * 24 * Hour) - 1));
                var number = (seed * 31) + slices.Count;
                slices.Add((slice, () => [Rows(first, types, number)]));
            }
        }
        var columns = Columns(types);
        var tables = slices.Select(s => s.Item1.Table).Distinct().Select(t => new TableSchema(t, columns)).ToArray();
        return new ContractData(new Catalog("contract", "contract://", "contract", tables, [], []), slices);
    }

    private static ColumnSchema[] Columns(IReadOnlyList<ColumnType> types) =>
    [
        new("host", ColumnRole.Key, ColumnType.String),
        new("region", ColumnRole.Key, ColumnType.String),
        new("time", ColumnRole.Time, ColumnType.Timestamp),
        .. types.Select(type => new ColumnSchema($"v {type}", ColumnRole.Value, type)),
    ];

    private static Batch Rows(long first, IReadOnlyList<ColumnType> types, int seed)
    {
        var random = new Random(seed);
        var batch = new Batch();
        var columns = Columns(types).Select(batch.AddColumn).ToArray();
        foreach (var (host, region) in new[] { ("a", ""), ("b", "eu, \"west\"=1"), ("b", "us"), ("ü z", "eu, \"west\"=1"), ("", "") })
        {
            var run = batch.RunCount;
            foreach (var (column, tag) in new[] { (columns[0], host), (columns[1], region) })
            {
                column.PadTo(run);
                if (tag.Length > 0)
                    ((BytesColumn)column).Append(tag);
            }
            var time = first;
            var rows = random.Next(20, 60);
            for (var i = 0; i < rows; i++)
            {
                time += random.NextInt64(1, 2 * Hour);
                batch.Time!.Append(time);
                var kept = random.Next(types.Count);
                for (var c = 0; c < types.Count; c++)
                {
                    columns[3 + c].PadTo(batch.RowCount + i);
                    if (c == kept || random.Next(4) > 0)
                        AppendValue(columns[3 + c], random);
                }
            }
            batch.EndRun(rows);
        }
        return batch.Seal();
    }

    private static void AppendValue(Column column, Random random)
    {
        switch (column)
        {
            case FixedColumn<double> c:
                c.Append(random.Next(2) == 0 ? Doubles[random.Next(Doubles.Length)] : random.NextDouble() * 1e6);
                break;
            case FixedColumn<float> c:
                c.Append((float)Doubles[random.Next(Doubles.Length)]);
                break;
            case FixedColumn<long> c:
                c.Append(Longs[random.Next(Longs.Length)]);
                break;
            case FixedColumn<ulong> c:
                c.Append(unchecked((ulong)Longs[random.Next(Longs.Length)]));
                break;
            case FixedColumn<bool> c:
                c.Append(random.Next(2) == 0);
                break;
            case BytesColumn c:
                c.Append(Texts[random.Next(Texts.Length)]);
                break;
        }
    }
}
