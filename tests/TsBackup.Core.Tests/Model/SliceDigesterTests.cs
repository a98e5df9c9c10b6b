using TsBackup.Codec;
using TsBackup.Model;
using TsBackup.Tests.Codec;
using Xunit;

namespace TsBackup.Tests.Model;

public sealed class SliceDigesterTests
{
    [Fact]
    public void ItAgreesWithTheSpecificationForArbitraryBatches()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            using var batch = BatchSamples.Arbitrary(new Random(seed));
            Assert.True(ReferenceDigest.Of(batch) == Digest(batch).ToString(), $"Seed {seed}.");
        }
    }

    [Fact]
    public void KnownRowsHaveTheKnownDigest()
    {
        using var batch = Series(("a", 0, 3), ("b", 10, 400));
        Assert.Equal(ReferenceDigest.Of(batch), Digest(batch).ToString());
        Assert.Equal("fa8b5772aaed955741dd78e9e46ee3c6a9ca7bdeff3a632cd7ad8b97f1c409e2", Digest(batch).ToString());
    }

    [Fact]
    public void NoRowsHaveTheDigestZero()
    {
        using var batch = new Batch();
        Assert.Equal(SliceDigest.Empty, Digest(batch.Seal()));
        Assert.Equal(new string('0', 64), SliceDigest.Empty.ToString());
    }

    [Fact]
    public void TheOrderOfSeriesDoesNotMatter()
    {
        using var one = Series(("a", 0, 100), ("b", 5, 7), ("c", 9, 300));
        using var other = Series(("c", 9, 300), ("a", 0, 100), ("b", 5, 7));
        Assert.Equal(Digest(one), Digest(other));
    }

    [Fact]
    public void CuttingASeriesIntoBatchesDoesNotMatter()
    {
        using var whole = Series(("a", 0, 500));
        foreach (var cut in (int[])[1, 31, 32, 33, 64, 255, 499])
        {
            using var left = Series(("a", 0, cut));
            using var right = Series(("a", cut, 500 - cut));
            Assert.Equal(Digest(whole), Digest(left, right));
        }
    }

    [Fact]
    public void CuttingAmongShortSeriesDoesNotMatter()
    {
        using var whole = Series(("a", 0, 3), ("b", 0, 5), ("c", 0, 1), ("d", 0, 40), ("e", 0, 2));
        for (var cut = 1; cut < 5; cut++)
        {
            using var left = Series(("a", 0, 3), ("b", 0, cut));
            using var right = Series(("b", cut, 5 - cut), ("c", 0, 1), ("d", 0, 40), ("e", 0, 2));
            Assert.Equal(Digest(whole), Digest(left, right));
        }
    }

    [Fact]
    public void AColumnWithoutValuesDoesNotMatter()
    {
        using var with = new Batch();
        using var without = new Batch();
        foreach (var batch in (Batch[])[with, without])
        {
            var value = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("v", ColumnRole.Value, ColumnType.Int64));
            value.Append(5);
        }
        with.AddColumn(new ColumnSchema("w", ColumnRole.Value, ColumnType.String));
        with.EndRun(1);
        without.EndRun(1);
        Assert.Equal(Digest(with.Seal()), Digest(without.Seal()));
    }

    [Fact]
    public void EverySingleChangeMatters()
    {
        var digests = new HashSet<string>();
        Assert.True(digests.Add(OneRow(c => c.Append(1L)).ToString()));
        Assert.True(digests.Add(OneRow(c => c.Append(2L)).ToString()));
        Assert.True(digests.Add(OneRow(c => c.AppendNull()).ToString()));
        Assert.True(digests.Add(OneRow(c => c.Append(1L), "w").ToString()));
        Assert.True(digests.Add(OneRow(c => c.Append(1L), type: ColumnType.Timestamp).ToString()));
        Assert.True(digests.Add(OneRow(c => c.Append(1L), role: ColumnRole.Key).ToString()));
    }

    [Fact]
    public void EqualTuplesCountAsOftenAsTheyOccur()
    {
        using var once = Tuples(1);
        using var twice = Tuples(2);
        Assert.NotEqual(Digest(once), Digest(twice));
        Assert.Equal(Digest(once) + Digest(once), Digest(twice));
    }

    [Fact]
    public void TheDigestOfADecodedBatchIsThatOfTheBatch()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            using var batch = BatchSamples.Arbitrary(new Random(seed));
            using var decoded = BlockCodec.Decode(BlockCodecTests.Encode(batch));
            Assert.Equal(Digest(batch), Digest(decoded));
        }
    }

    [Fact]
    public void TheSummaryCountsRowsPointsTuplesAndTimes()
    {
        using var batch = Series(("a", 3, 2), ("b", 10, 5));
        using var digester = new SliceDigester();
        digester.Append(batch);
        var summary = digester.Finish();
        Assert.Equal((7, 7, 2, 3, 14), (summary.Rows, summary.Points, summary.Tuples, summary.First, summary.Last));
        Assert.Equal(0, digester.Finish().Rows);
    }

    [Fact]
    public void DigestsCarryOverAllTheirBits()
    {
        var ones = SliceDigest.Parse(new string('f', 64));
        var one = SliceDigest.Parse("01" + new string('0', 62));
        Assert.Equal(SliceDigest.Empty, ones + one);
        Assert.Equal(ones, SliceDigest.Parse(ones.ToString()));
    }

    private static SliceDigest Digest(params Batch[] batches)
    {
        using var digester = new SliceDigester();
        foreach (var batch in batches)
            digester.Append(batch);
        return digester.Finish().Digest;
    }

    private static Batch Series(params (string Key, int First, int Rows)[] series)
    {
        var batch = new Batch();
        var key = (BytesColumn)batch.AddColumn(new ColumnSchema("k", ColumnRole.Key, ColumnType.String));
        var time = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp));
        var value = (FixedColumn<double>)batch.AddColumn(new ColumnSchema("v", ColumnRole.Value, ColumnType.Float64));
        foreach (var (name, first, rows) in series)
        {
            key.Append(name);
            for (var row = first; row < first + rows; row++)
            {
                time.Append(row);
                value.Append(row * 0.5);
            }
            batch.EndRun(rows);
        }
        return batch.Seal();
    }

    private static Batch Tuples(int count)
    {
        var batch = new Batch(rowsAreTuples: true);
        var value = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("v", ColumnRole.Value, ColumnType.Int64));
        for (var i = 0; i < count; i++)
        {
            value.Append(5);
            batch.EndRun(1);
        }
        return batch.Seal();
    }

    private static SliceDigest OneRow(
        Action<FixedColumn<long>> fill, string name = "v", ColumnType type = ColumnType.Int64, ColumnRole role = ColumnRole.Value)
    {
        using var batch = new Batch();
        fill((FixedColumn<long>)batch.AddColumn(new ColumnSchema(name, role, type)));
        batch.EndRun(1);
        return Digest(batch.Seal());
    }
}
