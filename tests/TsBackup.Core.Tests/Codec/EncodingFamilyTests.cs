using FsCheck;
using FsCheck.Fluent;
using TsBackup.Codec;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Codec;

/// <summary>Every encoding with every shape of data that could upset it: what comes back is what went in, to the last bit.</summary>
public sealed class EncodingFamilyTests
{
    private static readonly int[] s_sizes = [1, 2, 3, 24, 33, 100, 3000];

    public static TheoryData<string> Shapes => [.. s_longs.Keys.Union(s_doubles.Keys)];

    public static TheoryData<string> TextShapes => [.. s_texts.Keys];

    private static readonly Dictionary<string, Func<Random, int, long>> s_longs = new()
    {
        ["constant"] = (_, _) => -7,
        ["counter"] = (_, i) => 1000 + (i * 3L),
        ["uneven counter"] = (random, i) => (i * 1000L) + random.Next(900),
        ["accelerating"] = (_, i) => (long)i * i * 5,
        ["gauge"] = (random, i) => (i / 10) + random.Next(5),
        ["enum"] = (random, _) => ((long[])[200, 404, 500, long.MinValue])[random.Next(4)],
        ["whole minutes"] = (random, _) => 1_700_000_000_000_000_000 + (random.Next(100000) * 60_000_000_000),
        ["random"] = (random, _) => random.NextInt64(long.MinValue, long.MaxValue),
        ["extremes"] = (random, _) => random.Next(2) == 0 ? long.MinValue : long.MaxValue,
        ["above 2^53"] = (random, _) => (1L << 53) + random.Next(3),
        ["every magnitude"] = (random, _) => random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64),
        ["rare spikes"] = (random, _) => random.Next(200) == 0 ? random.NextInt64() : 0,
        ["long runs"] = (_, i) => i / 50 * 1_000_003L,
        ["periodic"] = (_, i) => i % 37 * 7919 % 1009,
    };

    private static readonly Dictionary<string, Func<Random, int, double>> s_doubles = new()
    {
        ["zero"] = (_, _) => 0.0,
        ["negative zero among zeros"] = (random, _) => random.Next(3) == 0 ? -0.0 : 0.0,
        ["whole"] = (random, _) => random.Next(-1000, 1000),
        ["one decimal"] = (random, _) => random.Next(-1000, 1000) / 10.0,
        ["two decimals"] = (random, _) => Math.Round(random.NextDouble() * 100, 2),
        ["nine decimals"] = (random, _) => Math.Round(random.NextDouble(), 9),
        ["fifteen decimals"] = (random, _) => Math.Round(random.NextDouble(), 15),
        ["decimals with exceptions"] = (random, i) => i % 50 == 0 ? random.NextDouble() : random.Next(1000) / 100.0,
        ["NaN payloads"] = (random, _) => BitConverter.Int64BitsToDouble(0x7FF0000000000001 + random.NextInt64(1L << 50)),
        ["NaN among decimals"] = (random, _) => random.Next(4) == 0 ? BitConverter.Int64BitsToDouble(-1) : random.Next(100) / 4.0,
        ["infinities"] = (random, _) => random.Next(2) == 0 ? double.PositiveInfinity : double.NegativeInfinity,
        ["denormals"] = (random, _) => BitConverter.Int64BitsToDouble(random.NextInt64(1L << 52)),
        ["extremes"] = (random, _) => random.Next(2) == 0 ? double.MinValue : double.Epsilon,
        ["sine"] = (_, i) => Math.Sin(i * 0.01),
        ["random"] = (random, _) => random.NextDouble(),
        ["random bits"] = (random, _) => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)),
        ["from single"] = (random, _) => random.NextSingle(),
        ["few kinds"] = (random, _) => ((double[])[Math.PI, Math.E, Math.Tau])[random.Next(3)],
        ["near the limit of scaling"] = (random, _) => (1L << 51) + random.Next(-3, 3) + (random.Next(2) * 0.5),
        ["large whole"] = (random, _) => random.NextInt64() * 1024.0,
    };

    private static readonly Dictionary<string, Func<Random, int, string>> s_texts = new()
    {
        ["constant"] = (_, _) => "same",
        ["empty"] = (_, _) => "",
        ["few kinds"] = (random, _) => $"kind {random.Next(5)}",
        ["numbered"] = (_, i) => $"host_{i}.example",
        ["padded"] = (_, i) => $"n{i:d5}",
        ["padded, then longer"] = (_, i) => $"n{i:d2}",
        ["long numbers"] = (random, _) => $"{random.NextInt64()}{random.NextInt64()}",
        ["sorted"] = (_, i) => $"/srv/data/{i / 100:x4}/{i:x8}.bin",
        ["random"] = (random, _) => Convert.ToBase64String(Guid.NewGuid().ToByteArray().Select(_ => (byte)random.Next(256)).ToArray()),
        ["digits only"] = (_, i) => $"{i}",
        ["some empty"] = (random, i) => random.Next(2) == 0 ? "" : $"x{i}y",
        ["umlauts"] = (random, _) => new string('ü', random.Next(4)),
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void NumbersComeBackToTheLastBit(string shape)
    {
        foreach (var size in s_sizes)
        {
            foreach (var runLength in (int[])[1, 8, 10_000])
            {
                if (s_longs.TryGetValue(shape, out var whole))
                {
                    RoundTrip(shape, size, runLength, ColumnType.Int64, (random, i) => whole(random, i));
                    RoundTrip(shape, size, runLength, ColumnType.UInt64, (random, i) => whole(random, i));
                    RoundTrip(shape, size, runLength, ColumnType.Timestamp, (random, i) => whole(random, i));
                }
                if (s_doubles.TryGetValue(shape, out var real))
                {
                    RoundTrip(shape, size, runLength, ColumnType.Float64, (random, i) => BitConverter.DoubleToInt64Bits(real(random, i)));
                    RoundTrip(
                        shape, size, runLength, ColumnType.Float32, (random, i) => BitConverter.SingleToInt32Bits((float)real(random, i)));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(TextShapes))]
    public void TextsComeBack(string shape)
    {
        foreach (var size in s_sizes)
        {
            foreach (var role in (ColumnRole[])[ColumnRole.Key, ColumnRole.Value])
            {
                var random = new Random(size);
                using var batch = new Batch(rowsAreTuples: role == ColumnRole.Key);
                var column = (BytesColumn)batch.AddColumn(new ColumnSchema("c", role, ColumnType.String));
                for (var i = 0; i < size; i++)
                {
                    if (random.Next(10) == 0)
                        column.AppendNull();
                    else
                        column.Append(s_texts[shape](random, i));
                    if (batch.RowsAreTuples)
                        batch.EndRun(1);
                }
                if (!batch.RowsAreTuples)
                    batch.EndRun(size);
                AssertRoundTrip(batch.Seal(), $"{shape}, {size} texts, {role}");
            }
        }
    }

    [Fact]
    public void EveryEncodingIsChosenForTheDataItIsMeantFor()
    {
        Assert.Equal(ColumnEncoding.Constant, Chosen(ColumnType.Int64, s_longs["constant"]));
        Assert.Equal(ColumnEncoding.Integers, Chosen(ColumnType.Int64, s_longs["gauge"]));
        Assert.Equal(ColumnEncoding.Dictionary, Chosen(ColumnType.Int64, s_longs["enum"]));
        Assert.Equal(ColumnEncoding.Runs, Chosen(ColumnType.Int64, s_longs["long runs"]));
        Assert.Equal(ColumnEncoding.Decimals, Chosen(ColumnType.Float64, (r, i) => Bits(s_doubles["two decimals"](r, i))));
        Assert.Equal(ColumnEncoding.Planes, Chosen(ColumnType.Float64, (r, i) => Bits(s_doubles["from single"](r, i))));
        Assert.Equal(ColumnEncoding.XorPlanes, Chosen(ColumnType.Float64, Flips()));
        Assert.Equal(ColumnEncoding.ConstantText, ChosenText(s_texts["constant"]));
        Assert.Equal(ColumnEncoding.TextDictionary, ChosenText(s_texts["few kinds"]));
        Assert.Equal(ColumnEncoding.NumberedTexts, ChosenText(s_texts["numbered"]));
        Assert.Equal(ColumnEncoding.NumberedTexts, ChosenText(s_texts["padded"]));
        Assert.Equal(ColumnEncoding.FrontCoded, ChosenText(s_texts["sorted"]));
        Assert.Equal(ColumnEncoding.Texts, ChosenText(s_texts["random"]));
    }

    [Fact]
    public void TimesThatSeriesShareCostNextToNothing()
    {
        using var batch = new Batch();
        var time = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp));
        var random = new Random(1);
        var shared = new long[1000];
        for (var i = 1; i < shared.Length; i++)
            shared[i] = shared[i - 1] + random.NextInt64(1, 1_000_000_000);
        for (var series = 0; series < 50; series++)
        {
            foreach (var value in shared)
                time.Append(value + (series * 5));
            batch.EndRun(shared.Length);
        }
        var block = BlockCodecTests.Encode(batch.Seal());
        Assert.InRange(block.Length, 1000, 4500);
        AssertRoundTrip(batch, "shared times");
    }

    [Fact]
    public void RegularTimesCostNextToNothing()
    {
        using var batch = new Batch();
        var time = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp));
        for (var series = 0; series < 8000; series++)
        {
            for (var i = 0; i < 8; i++)
                time.Append(i * 10_000_000_000L);
            batch.EndRun(8);
        }
        Assert.InRange(BlockCodecTests.Encode(batch.Seal()).Length, 10, 100);
        AssertRoundTrip(batch, "regular times");
    }

    [Fact]
    public void ListsTellNullFromEmptyFromOneEmptyItem()
    {
        using var batch = new Batch(rowsAreTuples: true);
        var column = (ListColumn)batch.AddColumn(new ColumnSchema("l", ColumnRole.Key, ColumnType.StringList));
        column.AppendNull();
        column.EndList();
        column.Items.Append("");
        column.EndList();
        column.Items.AppendNull();
        column.EndList();
        column.Items.Append("b");
        column.Items.Append("a");
        column.EndList();
        for (var i = 0; i < 5; i++)
            batch.EndRun(1);
        AssertRoundTrip(batch.Seal(), "lists");
    }

    [Fact]
    public void EmptyBatchesComeBack()
    {
        foreach (var tuples in (bool[])[false, true])
        {
            using var batch = new Batch(tuples);
            foreach (var type in Enum.GetValues<ColumnType>())
                batch.AddColumn(new ColumnSchema("c", ColumnRole.Value, type));
            AssertRoundTrip(batch.Seal(), "empty");
        }
    }

    [Fact]
    public void AnyNumbersInAnyRunsComeBack()
    {
        var property = Prop.ForAll<long[], byte[]>((values, runs) =>
        {
            using var batch = new Batch();
            var column = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("v", ColumnRole.Value, ColumnType.Int64));
            var at = 0;
            foreach (var run in runs)
            {
                var rows = (run & 15) + 1;
                for (var i = 0; i < rows; i++, at++)
                {
                    if (at < values.Length && run < 128)
                        column.Append(values[at]);
                    else
                        column.AppendNull();
                }
                batch.EndRun(rows);
            }
            using var decoded = BlockCodec.Decode(BlockCodecTests.Encode(batch.Seal()));
            BatchSamples.AssertSame(batch, decoded);
        });
        Check.QuickThrowOnFailure(property);
    }

    private static long Bits(double value) => BitConverter.DoubleToInt64Bits(value);

    private static ColumnEncoding Chosen(ColumnType type, Func<Random, int, long> value)
    {
        using var batch = Numbers(5000, 10_000, type, value);
        return BlockCodec.DescribeColumns(BlockCodecTests.Encode(batch))[0].Encoding;
    }

    /// <summary>Words of which one bit changes at a time: neither decimals nor small differences.</summary>
    private static Func<Random, int, long> Flips()
    {
        long last = 0;
        return (random, _) => last ^= 1L << random.Next(64);
    }

    private static ColumnEncoding ChosenText(Func<Random, int, string> value)
    {
        using var batch = new Batch();
        var random = new Random(1);
        var column = (BytesColumn)batch.AddColumn(new ColumnSchema("c", ColumnRole.Value, ColumnType.String));
        for (var i = 0; i < 5000; i++)
            column.Append(value(random, i));
        batch.EndRun(5000);
        return BlockCodec.DescribeColumns(BlockCodecTests.Encode(batch.Seal()))[0].Encoding;
    }

    private static void RoundTrip(string shape, int size, int runLength, ColumnType type, Func<Random, int, long> value)
    {
        using var batch = Numbers(size, runLength, type, value);
        AssertRoundTrip(batch, $"{shape}, {size} values in runs of {runLength}, {type}");
    }

    private static Batch Numbers(int size, int runLength, ColumnType type, Func<Random, int, long> value)
    {
        var random = new Random(size);
        var batch = new Batch();
        var column = batch.AddColumn(new ColumnSchema("c", ColumnRole.Value, type));
        for (var i = 0; i < size; i++)
        {
            Append(column, value(random, i));
            if ((i + 1) % runLength == 0)
                batch.EndRun(runLength);
        }
        if (size % runLength != 0)
            batch.EndRun(size % runLength);
        return batch.Seal();
    }

    private static void Append(Column column, long bits)
    {
        switch (column)
        {
            case FixedColumn<long> c:
                c.Append(bits);
                break;
            case FixedColumn<ulong> c:
                c.Append((ulong)bits);
                break;
            case FixedColumn<double> c:
                c.Append(BitConverter.Int64BitsToDouble(bits));
                break;
            case FixedColumn<float> c:
                c.Append(BitConverter.Int32BitsToSingle((int)bits));
                break;
        }
    }

    private static void AssertRoundTrip(Batch batch, string what)
    {
        try
        {
            using var decoded = BlockCodec.Decode(BlockCodecTests.Encode(batch));
            BatchSamples.AssertSame(batch, decoded);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Shape: {what}.", e);
        }
    }
}
