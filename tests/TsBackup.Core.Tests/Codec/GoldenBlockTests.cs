using System.Runtime.CompilerServices;
using TsBackup.Codec;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Codec;

/// <summary>
/// Blocks of format 1 as they were first written. Every later build reads them; a build that writes other bytes for the same batch breaks
/// deduplication against older versions. A missing file is written when TSBACKUP_WRITE_GOLDEN is 1; an existing one is never touched.
/// </summary>
public sealed class GoldenBlockTests
{
    public static TheoryData<string> Names => [.. s_batches.Keys];

    private static readonly Dictionary<string, Func<Batch>> s_batches = new()
    {
        ["integers"] = () => Numbers(3000, ColumnType.Int64, (random, i) => (i * 100L) + random.Next(90)),
        ["second-differences"] = () => Numbers(3000, ColumnType.Int64, (random, i) => ((long)i * i * 3) + random.Next(2)),
        ["strided"] = () => Numbers(3000, ColumnType.Timestamp, (random, i) => (i * 10_000_000_000L) + (random.Next(50) * 1_000_000L)),
        ["long-stream"] = () => Numbers(40_000, ColumnType.Int64, (random, _) => random.Next(200) + random.Next(200)),
        ["wide"] = () => Numbers(1000, ColumnType.UInt64, (random, _) => random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(60)),
        ["decimals"] = () => Numbers(3000, ColumnType.Float64, (random, i) =>
            BitConverter.DoubleToInt64Bits(i % 100 == 7 ? double.NaN : i % 100 == 8 ? -0.0 : random.Next(10_000) / 100.0)),
        ["singles"] = () => Numbers(1000, ColumnType.Float32, (random, _) => BitConverter.SingleToInt32Bits(random.Next(1000) / 8f)),
        ["planes"] = () => Numbers(1000, ColumnType.Float64, (random, _) => BitConverter.DoubleToInt64Bits(random.NextSingle())),
        ["xor"] = () => { long last = 0; return Numbers(2000, ColumnType.Float64, (random, _) => last ^= 1L << random.Next(64)); },
        ["dictionary"] = () => Numbers(1000, ColumnType.Int64, (random, _) => ((long[])[200, 404, 70_500])[random.Next(3)]),
        ["runs"] = () => Numbers(2000, ColumnType.Int64, (_, i) => i / 50 * 1_000_003L),
        ["constant"] = () => Numbers(1000, ColumnType.Int64, (_, _) => -1),
        ["periodic"] = () => Numbers(4000, ColumnType.Int64, (_, i) => i % 37 * 7919 % 1009),
        ["times"] = Times,
    };

    /// <summary>Batches whose blocks hold Brotli streams, whose bytes may change with the runtime.</summary>
    private static readonly HashSet<string> s_brotli = ["periodic",
        "decimals", "times", "second-differences", "arbitrary-1", "arbitrary-2", "arbitrary-3", "arbitrary-4"];

    static GoldenBlockTests()
    {
        for (var seed = 1; seed <= 4; seed++)
        {
            var copy = seed;
            s_batches.Add($"arbitrary-{seed}", () => BatchSamples.Arbitrary(new Random(copy * 1000)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TheBlockIsReadAndWrittenAsEver(string name)
    {
        var path = Path.Combine(Folder(), name + ".block");
        using var batch = s_batches[name]();
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("TSBACKUP_WRITE_GOLDEN") == "1")
            File.WriteAllBytes(path, BlockCodecTests.Encode(batch));
        var block = File.ReadAllBytes(path);
        using var decoded = BlockCodec.Decode(block);
        BatchSamples.AssertSame(batch, decoded);
        if (!s_brotli.Contains(name))
            Assert.Equal(Convert.ToHexString(block), Convert.ToHexString(BlockCodecTests.Encode(batch)));
    }

    private static string Folder([CallerFilePath] string file = "") =>
        Path.Combine(Path.GetDirectoryName(file)!, "..", "Golden", "blocks-v1");

    private static Batch Times()
    {
        var random = new Random(5);
        var batch = new Batch();
        var time = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp));
        var lists = new long[3][];
        for (var i = 0; i < lists.Length; i++)
            lists[i] = [.. Enumerable.Range(0, 100).Select(row => (row * 1000L) + random.Next(900))];
        for (var run = 0; run < 60; run++)
        {
            var rows = random.Next(1, 100);
            for (var row = 0; row < rows; row++)
                time.Append(run % 4 == 3 ? row * 50L * (1 + (run / 30)) : lists[run % 4][row] + run);
            batch.EndRun(rows);
        }
        return batch.Seal();
    }

    private static Batch Numbers(int size, ColumnType type, Func<Random, int, long> value)
    {
        var random = new Random(size);
        var batch = new Batch();
        var column = batch.AddColumn(new ColumnSchema("value", ColumnRole.Value, type));
        for (var i = 0; i < size; i++)
        {
            var bits = value(random, i);
            if (column is FixedColumn<long> whole)
                whole.Append(bits);
            else if (column is FixedColumn<ulong> unsigned)
                unsigned.Append((ulong)bits);
            else if (column is FixedColumn<double> real)
                real.Append(BitConverter.Int64BitsToDouble(bits));
            else
                ((FixedColumn<float>)column).Append(BitConverter.Int32BitsToSingle((int)bits));
            if ((i + 1) % 250 == 0)
                batch.EndRun(250);
        }
        return batch.Seal();
    }
}
