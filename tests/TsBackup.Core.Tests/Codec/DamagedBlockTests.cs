using TsBackup.Codec;
using TsBackup.Errors;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Codec;

/// <summary>Whatever happens to a block's bytes, reading it ends soon, in a batch or in one of two errors.</summary>
public sealed class DamagedBlockTests
{
    /// <summary>What a damaged block may allocate: what a block may hold at all, and as much again while it is decoded.</summary>
    private const long MostAllocated = 4 * BlockLimits.MaxDecodedBytes;

    [Fact]
    public void MutatedBlocksDecodeOrAreRefused()
    {
        var inputs = Environment.GetEnvironmentVariable("TSBACKUP_LONG_TESTS") == "1" ? 150_000 : 2_000;
        var (refused, passed) = (0, 0);
        for (var seed = 0; seed < inputs; seed++)
        {
            var random = new Random(seed);
            using var batch = BatchSamples.Arbitrary(new Random(seed % 500));
            var block = Mutate(BlockCodecTests.Encode(batch), random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var decoded = BlockCodec.Decode(block);
                passed++;
            }
            catch (TsBackupException e) when (e.Id is ErrorId.BlockDamaged or ErrorId.EncodingUnknown)
            {
                refused++;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}.", e);
            }
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MostAllocated, $"Seed {seed} allocated too much.");
        }
        Assert.True(refused > inputs / 2, $"Only {refused} of {inputs} were refused.");
        Assert.True(passed > 0, "None passed.");
    }

    [Fact]
    public void EveryCutBlockIsRefused()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            using var batch = BatchSamples.Arbitrary(new Random(seed));
            var block = BlockCodecTests.Encode(batch);
            for (var length = 0; length < Math.Min(block.Length, 3000); length++)
                Assert.Equal(ErrorId.BlockDamaged, Assert.Throws<TsBackupException>(() => BlockCodec.Decode(block.AsSpan(0, length))).Id);
        }
    }

    [Fact]
    public void BytesAfterTheEndAreRefused()
    {
        using var batch = BatchSamples.Arbitrary(new Random(1));
        var block = BlockCodecTests.Encode(batch);
        Assert.Equal(ErrorId.BlockDamaged, Assert.Throws<TsBackupException>(() => BlockCodec.Decode([.. block, 0])).Id);
    }

    [Fact]
    public void ANewerFormatIsToldFromDamage()
    {
        using var batch = Constant(10);
        var block = BlockCodecTests.Encode(batch);
        block[0] = 2;
        Assert.Equal(ErrorId.EncodingUnknown, Assert.Throws<TsBackupException>(() => BlockCodec.Decode(block)).Id);
    }

    [Fact]
    public void ANewerEncodingIsToldFromDamage()
    {
        using var batch = Constant(10);
        var block = BlockCodecTests.Encode(batch);
        // The last column's type byte stands before its eight bytes of value.
        Assert.Equal((byte)ColumnEncoding.Constant, block[^9]);
        foreach (var encoding in (byte[])[15, 99, 255])
        {
            block[^9] = encoding;
            Assert.Equal(ErrorId.EncodingUnknown, Assert.Throws<TsBackupException>(() => BlockCodec.Decode(block)).Id);
        }
    }

    [Fact]
    public void ATinyBlockCannotClaimMuchMemory()
    {
        // 16,384 columns of a million constant rows each would be 128 GiB.
        using var writer = new BlockWriter();
        writer.Write([1, 1]);
        writer.WriteVarint(BlockLimits.MaxRows);
        writer.WriteVarint(BlockLimits.MaxColumns);
        for (var i = 0; i < BlockLimits.MaxColumns; i++)
        {
            var name = i.ToString("d5");
            writer.Write([(byte)ColumnRole.Value, (byte)ColumnType.Int64, 5]);
            writer.Write(System.Text.Encoding.UTF8.GetBytes(name));
        }
        for (var i = 0; i < BlockLimits.MaxColumns; i++)
        {
            writer.Write([10, 0, 0, 0, 0, (byte)ColumnEncoding.Constant]);
            writer.Write64(0);
        }
        var block = writer.Written.ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(ErrorId.BlockDamaged, Assert.Throws<TsBackupException>(() => BlockCodec.Decode(block)).Id);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MostAllocated);
    }

    [Fact]
    public void EncodingsCannotBeNestedWithoutEnd()
    {
        using var writer = new BlockWriter();
        writer.Write([1, 1, 1, 1, (byte)ColumnRole.Value, (byte)ColumnType.Int64, 1, (byte)'v']);
        var start = writer.Length;
        writer.Reserve(4);
        writer.WriteByte(0);
        for (var i = 0; i < 100_000; i++)
            writer.Write([(byte)ColumnEncoding.Runs, 1, 0, 0]);
        writer.Patch32(start, (uint)(writer.Length - start - 4));
        var block = writer.Written.ToArray();
        Assert.Equal(ErrorId.BlockDamaged, Assert.Throws<TsBackupException>(() => BlockCodec.Decode(block)).Id);
    }

    [Fact]
    public void AColumnThatOccursTwiceIsRefused()
    {
        using var writer = new BlockWriter();
        writer.Write([1, 1, 0, 2]);
        writer.Write([(byte)ColumnRole.Value, (byte)ColumnType.Int64, 1, (byte)'v']);
        writer.Write([(byte)ColumnRole.Value, (byte)ColumnType.Int64, 1, (byte)'v']);
        writer.Write([2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0]);
        var block = writer.Written.ToArray();
        Assert.Equal(ErrorId.BlockDamaged, Assert.Throws<TsBackupException>(() => BlockCodec.Decode(block)).Id);
    }

    private static Batch Constant(int rows)
    {
        var batch = new Batch();
        var column = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("v", ColumnRole.Value, ColumnType.Int64));
        column.Reserve(rows).Fill(5);
        batch.EndRun(rows);
        return batch.Seal();
    }

    private static byte[] Mutate(byte[] block, Random random)
    {
        for (var i = random.Next(1, 4); i > 0 && block.Length > 0; i--)
        {
            var at = random.Next(block.Length);
            switch (random.Next(5))
            {
                case 0:
                    block[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    block[at] = (byte)random.Next(256);
                    break;
                case 2:
                    block = block[..at];
                    break;
                case 3:
                    block = [.. block[..at], .. block[Math.Min(block.Length, at + random.Next(1, 9))..]];
                    break;
                default:
                    block = [.. block[..at], 0xFF, 0xFF, 0xFF, 0x7F, .. block[at..]];
                    break;
            }
        }
        return block;
    }
}
