using System.Buffers;
using TsBackup.Codec;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Codec;

public sealed class BlockCodecTests
{
    public static byte[] Encode(Batch batch, CodecOptions? options = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        BlockCodec.Encode(batch, buffer, options ?? CodecOptions.Default);
        return buffer.WrittenSpan.ToArray();
    }

    [Fact]
    public void ArbitraryBatchesComeBackUnchanged()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            using var batch = BatchSamples.Arbitrary(new Random(seed));
            var block = Encode(batch);
            try
            {
                using var decoded = BlockCodec.Decode(block);
                BatchSamples.AssertSame(batch, decoded);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}.", e);
            }
        }
    }

    [Fact]
    public void EncodingTheDecodedBatchGivesTheSameBytes()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            using var batch = BatchSamples.Arbitrary(new Random(seed));
            var block = Encode(batch);
            using var decoded = BlockCodec.Decode(block);
            Assert.True(block.AsSpan().SequenceEqual(Encode(decoded)), $"Seed {seed}.");
        }
    }

    [Fact]
    public void TheHeaderTellsRowsRunsTimesAndColumns()
    {
        using var batch = new Batch();
        var time = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp));
        var value = (FixedColumn<double>)batch.AddColumn(new ColumnSchema("größe", ColumnRole.Value, ColumnType.Float64));
        time.Append([-5L, 7L, 1L]);
        value.Append([1.5, 2.5, 3.5]);
        batch.EndRun(2);
        batch.EndRun(1);
        batch.Seal();
        var header = BlockCodec.DecodeHeader(Encode(batch));
        Assert.Equal(3, header.Rows);
        Assert.Equal(2, header.Runs);
        Assert.Equal(new TimeRange(-5, 7), header.Times);
        Assert.Equal(batch.Columns.Select(c => c.Schema), header.Columns);
        Assert.False(header.RowsAreTuples);
    }

    [Fact]
    public void AnUnsealedBatchIsRefused()
    {
        using var batch = new Batch();
        Assert.Throws<ArgumentException>(() => BlockCodec.Encode(batch, new ArrayBufferWriter<byte>(), CodecOptions.Default));
    }
}
