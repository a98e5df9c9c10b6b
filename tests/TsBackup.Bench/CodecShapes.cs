using TsBackup.Model;

namespace TsBackup.Bench;

/// <summary>One-column batches of the shapes that stores hold.</summary>
internal static class CodecShapes
{
    public static readonly IReadOnlyList<(string Name, Func<int, Batch> Make)> All =
    [
        ("int constant", rows => Numbers<long>(rows, ColumnType.Int64, (_, _) => 42)),
        ("int counter", rows => Walk(rows, ColumnType.Int64, (random, last) => last + random.Next(1000))),
        ("int counter, steady", rows => Numbers<long>(rows, ColumnType.Int64, (_, i) => i * 17L)),
        ("int gauge", rows => Walk(rows, ColumnType.Int64, (random, last) => Math.Clamp(last + random.Next(-2, 3), 0, 100))),
        ("int enum", rows => Numbers<long>(rows, ColumnType.Int64, (random, _) => ((long[])[200, 404, 500, 503])[Math.Max(0, random.Next(40) - 36)])),
        ("int random", rows => Numbers<long>(rows, ColumnType.Int64, (random, _) => random.NextInt64(long.MinValue, long.MaxValue))),
        ("int periodic", rows => Numbers<long>(rows, ColumnType.Int64, (_, i) => (i % 360 * 7919 % 1009))),
        ("uint large", rows => Numbers<ulong>(rows, ColumnType.UInt64, (random, _) => ulong.MaxValue - (ulong)random.Next(1 << 20))),
        ("float gauge, 1 decimal", rows => Gauge(rows, 1)),
        ("float gauge, 2 decimals", rows => Gauge(rows, 2)),
        ("float gauge, 6 decimals", rows => Gauge(rows, 6)),
        ("float whole", rows => Gauge(rows, 0)),
        ("float sine, full", rows => Numbers<double>(rows, ColumnType.Float64, (_, i) => Math.Sin(i * 0.001))),
        ("float random", rows => Numbers<double>(rows, ColumnType.Float64, (random, _) => random.NextDouble())),
        ("float with NaN", rows => Numbers<double>(rows, ColumnType.Float64, (random, _) => random.Next(20) == 0 ? double.NaN : random.Next(1000) / 10.0)),
        ("float from single", rows => Numbers<double>(rows, ColumnType.Float64, (random, _) => random.NextSingle())),
        ("single gauge", rows => Numbers<float>(rows, ColumnType.Float32, (random, i) => MathF.Round((i % 500) + random.NextSingle(), 1))),
        ("boolean sticky", rows => Numbers<bool>(rows, ColumnType.Boolean, (_, i) => i / 500 % 2 == 0)),
        ("boolean random", rows => Numbers<bool>(rows, ColumnType.Boolean, (random, _) => random.Next(2) == 0)),
        ("int sparse", rows => Sparse(rows)),
        ("time, jitter in ms", rows => Numbers<long>(rows, ColumnType.Timestamp, (random, i) => (10_000_000_000L * i) + (1_000_000L * random.Next(50)))),
        ("text, 20 kinds", rows => Texts(rows, (random, _) => $"state-{random.Next(20)}")),
        ("text, log lines", rows => Texts(rows, (random, i) => $"GET /api/v1/items/{random.Next(100000)} 200 {i}ms")),
        ("text, random hex", rows => Texts(rows, (random, _) => $"{random.NextInt64():x16}")),
    ];

    private static Batch Gauge(int rows, int decimals)
    {
        var value = 50.0;
        return Numbers<double>(rows, ColumnType.Float64, (random, _) =>
        {
            value += random.NextDouble() - 0.5;
            return Math.Round(value, decimals);
        });
    }

    private static Batch Walk(int rows, ColumnType type, Func<Random, long, long> next)
    {
        long last = 50;
        return Numbers(rows, type, (random, _) => last = next(random, last));
    }

    private static Batch Numbers<T>(int rows, ColumnType type, Func<Random, int, T> value)
        where T : unmanaged
    {
        var random = new Random(1);
        var batch = new Batch();
        var column = (FixedColumn<T>)batch.AddColumn(new ColumnSchema("value", ColumnRole.Value, type));
        for (var i = 0; i < rows; i++)
            column.Append(value(random, i));
        batch.EndRun(rows);
        return batch.Seal();
    }

    private static Batch Sparse(int rows)
    {
        var random = new Random(1);
        var batch = new Batch();
        var column = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("value", ColumnRole.Value, ColumnType.Int64));
        for (var i = 0; i < rows; i++)
        {
            if (random.Next(20) == 0)
                column.Append(random.Next(100));
            else
                column.AppendNull();
        }
        batch.EndRun(rows);
        return batch.Seal();
    }

    private static Batch Texts(int rows, Func<Random, int, string> value)
    {
        var random = new Random(1);
        var batch = new Batch();
        var column = (BytesColumn)batch.AddColumn(new ColumnSchema("value", ColumnRole.Value, ColumnType.String));
        for (var i = 0; i < rows; i++)
            column.Append(value(random, i));
        batch.EndRun(rows);
        return batch.Seal();
    }
}
