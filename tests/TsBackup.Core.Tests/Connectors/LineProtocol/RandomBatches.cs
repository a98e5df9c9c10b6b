using System.Text;
using TsBackup.Model;

namespace TsBackup.Tests.Connectors.LineProtocol;

/// <summary>Random batches that line protocol can say, with everything in them that makes escaping and numbers hard.</summary>
internal static class RandomBatches
{
    private const string Hard = "a b,c=d\"e\\f'g#h\tüÿ漢😀{}\r.";

    private static readonly double[] Doubles =
    [
        0.0, -0.0, 1, -1, 0.1, 1.25, -273.15, 1e15, 9007199254740993, double.MaxValue, double.MinValue, double.Epsilon, -double.Epsilon,
        2.2250738585072014E-308, 1e-7, 123456.789012345, 1e22, 1e23, Math.PI, 0.30000000000000004, 4.35, 1.005, 99999999999.99, 5e-324,
    ];

    private static readonly long[] Integers = [0, 1, -1, 42, long.MaxValue, long.MinValue, 9007199254740993, -9007199254740993, 999999999999999999, -1000000000000000000];

    public static string Name(Random random, int place)
    {
        var text = new StringBuilder();
        var runes = Hard.EnumerateRunes().ToArray();
        for (var i = random.Next(1, 8); i > 0; i--)
            text.Append(runes[random.Next(runes.Length)]);
        text.Append(place);

        // What no name can have: its first and last characters and backslashes before specials are the writer's own tests.
        return "n" + text.ToString().Replace("\\", "\\.", StringComparison.Ordinal);
    }

    public static double Double(Random random) => random.Next(4) switch
    {
        0 => Doubles[random.Next(Doubles.Length)],
        1 => Math.Round((random.NextDouble() - 0.5) * 2000, 2),
        2 => random.Next(-1000, 1000),
        _ => Finite(random),
    };

    public static Batch Make(Random random, int series, int rows)
    {
        var batch = new Batch();
        var time = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp));
        var tags = Enumerable.Range(0, random.Next(0, 4)).Select(i => (BytesColumn)batch.AddColumn(new ColumnSchema(Name(random, i), ColumnRole.Key, ColumnType.String))).ToArray();
        ColumnType[] types = [ColumnType.Float64, ColumnType.Int64, ColumnType.UInt64, ColumnType.Boolean, ColumnType.String];
        var fields = types.Concat(types).Take(random.Next(1, 11)).Select((type, i) => batch.AddColumn(new ColumnSchema(Name(random, i), ColumnRole.Value, type))).ToArray();
        var row = 0;
        for (var run = 0; run < (tags.Length == 0 ? 1 : series); run++)
        {
            for (var i = 0; i < tags.Length; i++)
            {
                if (i > 0 && random.Next(3) == 0)
                    tags[i].AppendNull();
                else
                    tags[i].Append(i == 0 ? $"s{run}" : Name(random, run));
            }
            var times = new SortedSet<long>();
            while (times.Count < rows)
                times.Add(random.Next(5) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : random.Next(-1000, 1_000_000));
            foreach (var at in times)
            {
                time.Append(at);
                var sure = random.Next(fields.Length);
                for (var i = 0; i < fields.Length; i++)
                {
                    if (i == sure || random.Next(4) != 0)
                        Append(random, fields[i], row);
                }
                row++;
            }
            batch.EndRun(rows);
        }
        return batch.Seal();
    }

    private static void Append(Random random, Column column, int row)
    {
        column.PadTo(row);
        switch (column)
        {
            case FixedColumn<double> c:
                c.Append(Double(random));
                break;
            case FixedColumn<long> c:
                c.Append(random.Next(2) == 0 ? Integers[random.Next(Integers.Length)] : random.NextInt64());
                break;
            case FixedColumn<ulong> c:
                c.Append(random.Next(3) == 0 ? ulong.MaxValue : (ulong)random.NextInt64());
                break;
            case FixedColumn<bool> c:
                c.Append(random.Next(2) == 0);
                break;
            case BytesColumn c:
                c.Append(Text(random));
                break;
        }
    }

    private static byte[] Text(Random random)
    {
        var bytes = new byte[random.Next(0, 12)];
        ReadOnlySpan<byte> hard = "\"\\\n\r, =#\0a\xff\x80"u8;
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = hard[random.Next(hard.Length)];
        return bytes;
    }

    private static double Finite(Random random)
    {
        while (true)
        {
            var value = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (double.IsFinite(value))
                return value;
        }
    }
}
