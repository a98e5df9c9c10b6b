using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using TsBackup.Codec;
using TsBackup.Model;

namespace TsBackup.Bench;

/// <summary>
/// What the codec does to the shapes of data that stores hold: bits a value, values a second for encoding and decoding, one thread.
/// Every block is decoded and compared before it is timed. Arguments: <c>--rounds N</c> (default 7), <c>--shape NAME</c>, <c>--rows N</c>,
/// <c>--quality N</c> (of Brotli).
/// </summary>
internal static class CodecBench
{
    private static CodecOptions s_options = CodecOptions.Default;

    public static int Run(string[] args)
    {
        if (Argument(args, "--quality") is { } quality)
            s_options = new CodecOptions { BrotliQuality = int.Parse(quality, CultureInfo.InvariantCulture) };
        var rounds = int.Parse(Argument(args, "--rounds") ?? "7", CultureInfo.InvariantCulture);
        var rows = int.Parse(Argument(args, "--rows") ?? "65536", CultureInfo.InvariantCulture);
        var wanted = Argument(args, "--shape");
        Console.WriteLine($"{"shape",-26} {"bits/value",10} {"enc ns",8} {"dec ns",8} {"enc M/s",8} {"dec M/s",8} {"1st enc",8}  encoding");
        foreach (var (name, make) in CodecShapes.All)
        {
            if (wanted is not null && !name.Contains(wanted, StringComparison.Ordinal))
                continue;
            using var batch = make(rows);
            Report(name, [batch], batch.RowCount, rounds);
        }
        if (wanted is null or "devops")
            ReportDevops("devops 100x8640", new DevopsGenerator(), rounds);
        if (wanted is null or "series")
            ReportDevops("125k series x8", new DevopsGenerator(125_000, 8) { FloatFields = 5, IntegerFields = 5 }, Math.Min(rounds, 3));
        if (wanted is null or "series")
            ReportDevops("1M series x8 1 field", new DevopsGenerator(1_000_000, 8) { FloatFields = 1, IntegerFields = 0 }, Math.Min(rounds, 3));
        return 0;
    }

    private static void ReportDevops(string name, DevopsGenerator generator, int rounds)
    {
        var batches = generator.Batches().ToList();
        var bytes = Report(name, batches, generator.Points, rounds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"",-26} {bytes / (double)generator.Points:F4} B/point, {bytes / (double)generator.Hosts:F2} B/series"));
        batches.ForEach(batch => batch.Dispose());
    }

    private static long Report(string name, IReadOnlyList<Batch> batches, long values, int rounds)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 20);
        var blocks = new List<byte[]>();
        var begin = Stopwatch.GetTimestamp();
        foreach (var batch in batches)
        {
            buffer.ResetWrittenCount();
            BlockCodec.Encode(batch, buffer, s_options);
            blocks.Add(buffer.WrittenSpan.ToArray());
        }
        var cold = Stopwatch.GetElapsedTime(begin).TotalSeconds * 1e9 / values;
        for (var i = 0; i < blocks.Count; i++)
        {
            using var decoded = BlockCodec.Decode(blocks[i]);
            Check(batches[i], decoded);
        }
        var encode = Best(rounds, () =>
        {
            foreach (var batch in batches)
            {
                buffer.ResetWrittenCount();
                BlockCodec.Encode(batch, buffer, s_options);
            }
        });
        var decode = Best(rounds, () =>
        {
            foreach (var block in blocks)
                BlockCodec.Decode(block).Dispose();
        });
        var size = blocks.Sum(block => (long)block.Length);
        var (encodeTime, decodeTime) = (encode * 1e9 / values, decode * 1e9 / values);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-26} {size * 8.0 / values,10:F3} {encodeTime,8:F2} {decodeTime,8:F2} {1e3 / encodeTime,8:F0} {1e3 / decodeTime,8:F0} {cold,8:F1}  {Describe(blocks[0])}"));
        return size;
    }

    private static string Describe(byte[] block) =>
        string.Join(" ", BlockCodec.DescribeColumns(block).Select(column => column.Encoding).Distinct().Take(6));

    private static void Check(Batch expected, Batch actual)
    {
        using var left = new SliceDigester();
        using var right = new SliceDigester();
        left.Append(expected);
        right.Append(actual);
        if (left.Finish() != right.Finish())
            throw new InvalidOperationException("A block does not decode to what was encoded.");
    }

    private static double Best(int rounds, Action action)
    {
        action();
        var best = double.MaxValue;
        for (var i = 0; i < rounds; i++)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }

    private static string? Argument(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
