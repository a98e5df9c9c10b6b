using System.Runtime.InteropServices;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Codec;

/// <summary>Makes batches of every shape and compares them slot by slot.</summary>
internal static class BatchSamples
{
    /// <summary>A batch of arbitrary columns, types, nulls and runs.</summary>
    public static Batch Arbitrary(Random random)
    {
        var tuples = random.Next(4) == 0;
        var batch = new Batch(tuples);
        var columns = new List<Column>();
        if (random.Next(5) > 0)
            batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp));
        for (var i = random.Next(3); i > 0; i--)
            columns.Add(batch.AddColumn(new ColumnSchema($"k{i}", ColumnRole.Key, (ColumnType)random.Next(1, 10))));
        for (var i = random.Next(6); i > 0; i--)
            columns.Add(batch.AddColumn(new ColumnSchema($"v{i}", ColumnRole.Value, (ColumnType)random.Next(1, 10))));
        var runs = random.Next(5) == 0 ? 0 : random.Next(1, 30);
        var longest = random.Next(3) == 0 ? 400 : 8;
        for (var run = 0; run < runs; run++)
        {
            var rows = tuples ? 1 : random.Next(1, longest);
            var time = random.NextInt64();
            for (var row = 0; row < rows; row++)
            {
                batch.Time?.Append(time);
                time += random.Next(3) == 0 ? random.NextInt64(1_000_000_000) : 10_000_000_000;
            }
            foreach (var column in columns)
                Fill(column, column.Schema.Role == ColumnRole.Key ? 1 : rows, random);
            batch.EndRun(rows);
        }
        return batch.Seal();
    }

    public static void Fill(Column column, int count, Random random)
    {
        var kind = random.Next(4);
        for (var i = 0; i < count; i++)
        {
            if (kind == 3 && random.Next(3) == 0)
                column.AppendNull();
            else
                AppendValue(column, random, kind == 0);
        }
    }

    public static void AssertSame(Batch expected, Batch actual)
    {
        Assert.True(actual.IsSealed);
        Assert.Equal(expected.RowsAreTuples, actual.RowsAreTuples);
        Assert.Equal(expected.RowCount, actual.RowCount);
        Assert.Equal(expected.RunEnds.ToArray(), actual.RunEnds.ToArray());
        Assert.Equal(expected.Columns.Select(c => c.Schema), actual.Columns.Select(c => c.Schema));
        for (var i = 0; i < expected.Columns.Count; i++)
            AssertSame(expected.Columns[i], actual.Columns[i]);
    }

    public static void AssertSame(Column expected, Column actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.Equal(expected.NullCount, actual.NullCount);
        Assert.True(expected.Validity.SequenceEqual(actual.Validity), $"Validity of {expected.Schema} differs.");
        switch (expected, actual)
        {
            case (BytesColumn a, BytesColumn b):
                Assert.True(a.Ends.SequenceEqual(b.Ends) && a.Data.SequenceEqual(b.Data), $"{expected.Schema} differs.");
                break;
            case (ListColumn a, ListColumn b):
                Assert.True(a.Ends.SequenceEqual(b.Ends), $"{expected.Schema} differs.");
                AssertSame(a.Items, b.Items);
                break;
            default:
                Assert.True(Bytes(expected).SequenceEqual(Bytes(actual)), $"{expected.Schema} differs.");
                break;
        }
    }

    public static ReadOnlySpan<byte> Bytes(Column column) => column switch
    {
        FixedColumn<long> c => MemoryMarshal.AsBytes(c.Values),
        FixedColumn<ulong> c => MemoryMarshal.AsBytes(c.Values),
        FixedColumn<double> c => MemoryMarshal.AsBytes(c.Values),
        FixedColumn<float> c => MemoryMarshal.AsBytes(c.Values),
        FixedColumn<bool> c => MemoryMarshal.AsBytes(c.Values),
        _ => throw new ArgumentException("Not a column of fixed size."),
    };

    private static void AppendValue(Column column, Random random, bool small)
    {
        switch (column)
        {
            case FixedColumn<long> c:
                c.Append(small ? random.Next(-5, 5) : random.NextInt64(long.MinValue, long.MaxValue));
                break;
            case FixedColumn<ulong> c:
                c.Append(small ? (ulong)random.Next(100) : (ulong)random.NextInt64(long.MinValue, long.MaxValue));
                break;
            case FixedColumn<double> c:
                c.Append(small ? Math.Round(random.NextDouble() * 100, 2) : BitConverter.Int64BitsToDouble(
                    random.NextInt64(long.MinValue, long.MaxValue)));
                break;
            case FixedColumn<float> c:
                c.Append(small ? random.Next(100) / 4f : BitConverter.Int32BitsToSingle((int)random.NextInt64(int.MinValue, int.MaxValue)));
                break;
            case FixedColumn<bool> c:
                c.Append(random.Next(small ? 20 : 2) == 0);
                break;
            case BytesColumn c:
                random.NextBytes(c.Reserve(random.Next(small ? 2 : 40)));
                break;
            case ListColumn c:
                for (var i = random.Next(4); i > 0; i--)
                {
                    if (random.Next(4) == 0)
                        c.Items.AppendNull();
                    else
                        random.NextBytes(c.Items.Reserve(random.Next(3)));
                }
                c.EndList();
                break;
        }
    }
}
