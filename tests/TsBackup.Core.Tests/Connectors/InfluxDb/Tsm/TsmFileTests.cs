using System.Diagnostics;
using System.IO.Compression;
using System.Buffers.Binary;
using System.Text;
using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb.Snapshot;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Errors;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb.Tsm;

/// <summary>Encoders against decoders, damage of every kind, and files that no server should have written.</summary>
public sealed class TsmFileTests
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("TSBACKUP_LONG_TESTS") == "1";

    [Fact]
    public void ChecksumsAgreeWithTheKnownOneAndWithoutSpecialInstructions()
    {
        Assert.Equal(0xCBF43926u, Crc32.Compute("123456789"u8));
        var random = new Random(5);
        foreach (var length in Enumerable.Range(0, 300).Append(100_003))
        {
            var data = new byte[length];
            random.NextBytes(data);
            Assert.Equal(Crc32.ComputePortable(data), Crc32.Compute(data));
        }
    }

    [Fact]
    public void NumbersOfEveryShapeComeBackAsTheyWere()
    {
        for (var seed = 0; seed < 600; seed++)
        {
            var random = new Random(seed);
            var count = random.Next(1, 1001);
            var bits = random.Next(1, 65);
            var walk = random.Next(2) == 0;
            var words = new ulong[count];
            for (var i = 0; i < count; i++)
            {
                var step = (ulong)random.NextInt64(long.MinValue, long.MaxValue) >> (64 - bits);
                words[i] = walk && i > 0 ? words[i - 1] + (random.Next(5) == 0 ? step : 1) : step;
            }
            var times = new long[count];
            times[0] = random.NextInt64(-1L << 60, 1L << 60);
            var unit = new[] { 1L, 1000, 1_000_000_000, 1 }[random.Next(4)];
            for (var i = 1; i < count; i++)
                times[i] = times[i - 1] + (unit * (walk ? 1 : random.NextInt64(1, 1L << random.Next(1, 22))));
            var buffer = new byte[64 + (count * 10)];
            var decoded = new ulong[count];
            var timesBack = new long[count];
            var size = IntegerCodec.Encode(words, new ulong[1000], buffer);
            IntegerCodec.Decode(buffer.AsSpan(0, size), decoded);
            Assert.True(words.AsSpan().SequenceEqual(decoded), $"integers, seed {seed}");
            size = TimeCodec.Encode(times, new ulong[1000], buffer);
            Assert.True(TimeCodec.Count(buffer.AsSpan(0, size)) == count, $"times, seed {seed}");
            TimeCodec.Decode(buffer.AsSpan(0, size), timesBack);
            Assert.True(times.AsSpan().SequenceEqual(timesBack), $"times, seed {seed}");
            for (var i = 0; i < count; i++)
                words[i] = walk ? BitConverter.DoubleToUInt64Bits(random.Next(-1000, 1000) / 100.0) : words[i] & 0xBFFFFFFFFFFFFFFF;
            size = FloatCodec.Encode(words, buffer);
            FloatCodec.Decode(buffer.AsSpan(0, size), decoded);
            Assert.True(words.AsSpan().SequenceEqual(decoded), $"floats, seed {seed}");
        }
    }

    [Fact]
    public void LaterFilesWinAndTombstonesOfEveryFormCountForTheirFileOnly()
    {
        foreach (var version in new[] { 1, 2, 3, 4 })
        {
            var files = new Dictionary<string, byte[]>
            {
                ["000000001-000000001.tsm"] = Build(("cpu,h=a#!~#v", TsmType.Integer, Range(0, 3000), Words(3000, 1))),
                ["000000001-000000001.tombstone"] = Tombstone(version, ("cpu,h=a#!~#v", 100, 199), ("cpu,h=nowhere#!~#v", 0, 1)),
                ["000000002-000000001.tsm"] = Build(("cpu,h=a#!~#v", TsmType.Integer, Range(150, 10), Words(10, 7))),
                ["000000010-000000001.tsm"] = Build(("cpu,h=a#!~#v", TsmType.Integer, Range(2995, 10), Words(10, 9))),
            };

            var rows = Rows(files);

            // The first form deletes all times of a key.
            var first = version == 1 ? [] : Range(0, 100).Concat(Range(200, 2795)).Select(t => (t, 1L));
            var expected = first.Concat(Range(150, 10).Select(t => (t, 7L))).Concat(Range(2995, 10).Select(t => (t, 9L))).OrderBy(r => r.Item1);
            Assert.Equal(expected, rows);
        }
    }

    [Fact]
    public void ATombstoneFileThatIsCutOffIsFound()
    {
        foreach (var version in new[] { 2, 3, 4 })
        {
            var file = Tombstone(version, ("cpu,h=a#!~#v", 100, 199), ("cpu,h=b#!~#v", 0, 1), ("cpu,h=c#!~#v", long.MinValue, long.MaxValue));
            Assert.Equal(3, Tombstones.Read(TsmSource.FromMemory("x.tombstone", file)).Count);

            // Not all lengths: between two records or members a shorter file is whole.
            var whole = Enumerable.Range(5, file.Length - 5).Where(length => IsRead(file[..length])).ToArray();

            Assert.True(whole.Length <= (version == 3 ? 0 : 2), $"version {version}: {string.Join(' ', whole)}");
        }

        static bool IsRead(byte[] data)
        {
            try
            {
                return Tombstones.Read(TsmSource.FromMemory("x.tombstone", data)).Count >= 0;
            }
            catch (TsBackupException error) when (error.Id == ErrorId.SourceFileDamaged)
            {
                return false;
            }
        }
    }

    [Fact]
    public void OfBlocksOfOneFileThatOverlapTheLaterOneCounts()
    {
        using var output = new MemoryStream();
        using var arena = new BlockArena();
        var encoder = new TsmBlockEncoder(arena);
        var writer = new TsmFileWriter(output);
        var expected = new SortedDictionary<long, long>();
        writer.StartKey("cpu,h=a#!~#v"u8, TsmType.Integer);
        foreach (var (first, count, value) in new[] { (0, 11, 1UL), (5, 16, 2UL), (15, 16, 3UL), (25, 16, 4UL), (100, 5, 5UL), (0, 3, 6UL) })
        {
            encoder.SetTimes(Range(first, count));
            writer.WriteBlock(encoder.Encode(TsmType.Integer, Words(count, value)));
            foreach (var time in Range(first, count))
                expected[time] = (long)value;
        }
        writer.Finish();

        Assert.Equal(expected.Select(pair => (pair.Key, pair.Value)), Rows(new() { ["000000001-000000001.tsm"] = output.ToArray() }));
    }

    [Fact]
    public void EveryFlippedByteOfABlockIsFoundAndNamesTheFile()
    {
        var file = Build(("cpu,h=a#!~#v", TsmType.Integer, Range(0, 20), Words(20, 3)));
        var indexStart = (int)BinaryPrimitives.ReadInt64BigEndian(file.AsSpan(file.Length - 8));
        for (var at = 0; at < indexStart; at++)
        {
            var damaged = (byte[])file.Clone();
            damaged[at] ^= 0x10;
            var error = Assert.Throws<TsBackupException>(() => Rows(new() { ["000000001-000000001.tsm"] = damaged }));
            Assert.Equal(ErrorId.SourceFileDamaged, error.Id);
            Assert.Equal("000000001-000000001.tsm", error.Target);
        }
    }

    [Fact]
    public void EveryCutFileIsFound()
    {
        var file = Build(("cpu,h=a#!~#v", TsmType.Float, Range(0, 20), Words(20, 3)), ("cpu,h=b#!~#v", TsmType.Boolean, Range(0, 5), Words(5, 1)));
        for (var length = 0; length < file.Length; length++)
        {
            var error = Assert.Throws<TsBackupException>(() => Rows(new() { ["000000001-000000001.tsm"] = file[..length] }));
            Assert.Equal(ErrorId.SourceFileDamaged, error.Id);
        }
    }

    [Fact]
    public void NoMutationCrashesHangsOrTakesMuchMemory()
    {
        var seeds = Seeds();
        var rounds = Long ? 100_000 : 2000;
        for (var seed = 0; seed < rounds; seed++)
        {
            var random = new Random(seed);
            var (kind, original) = seeds[seed % seeds.Count];
            var data = Mutate(original, random, kind == "block");
            var before = GC.GetAllocatedBytesForCurrentThread();
            var clock = Stopwatch.StartNew();
            try
            {
                Consume(kind, data);
            }
            catch (Exception error) when (error is TsBackupException { Id: ErrorId.SourceFileDamaged } or TsmDamage)
            {
                // What damaged input is to give.
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}, {kind}: {error}");
            }
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 48 << 20, $"seed {seed}, {kind}: {allocated} bytes allocated");
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"seed {seed}, {kind}: hangs");
        }
    }

    private static List<(string Kind, byte[] Data)> Seeds()
    {
        var tsm = Build(
            ("cpu,h=a#!~#b", TsmType.Boolean, Range(0, 50), Words(50, 1)),
            ("cpu,h=a#!~#f", TsmType.Float, Range(0, 1000), [.. Enumerable.Range(0, 1000).Select(i => BitConverter.DoubleToUInt64Bits(i / 7.0))]),
            ("cpu,h=a#!~#i", TsmType.Integer, [.. Enumerable.Range(0, 900).Select(i => (long)i * i * 1000)], [.. Enumerable.Range(0, 900).Select(i => (ulong)(i * i))]),
            ("cpu,h=b#!~#s", TsmType.String, Range(5, 20), []));
        var meta = new ProtoWriter().Message(5, new ProtoWriter().Text(1, "db").Message(3, new ProtoWriter().Text(1, "rp").Number(2, 5)
            .Message(5, new ProtoWriter().Number(1, 1).Number(2, 0).Number(3, 100).Message(5, new ProtoWriter().Number(1, 3)))))
            .Message(6, new ProtoWriter().Text(1, "u").Text(2, "$2a$"));
        return
        [
            ("tsm", tsm), ("block", tsm), ("tombstone", Tombstone(4, ("cpu,h=a#!~#f", 10, 90), ("x#!~#y", 1, 2))),
            ("tombstone", Tombstone(2, ("cpu,h=a#!~#f", 10, 90))), ("wal", Wal()), ("meta", meta.Written.ToArray()), ("tar", Tar(tsm)),
        ];
    }

    private static void Consume(string kind, byte[] data)
    {
        switch (kind)
        {
            case "tsm" or "block":
                Rows(new() { ["000000001-000000001.tsm"] = data });
                break;
            case "tombstone":
                Tombstones.Read(TsmSource.FromMemory("x.tombstone", data));
                break;
            case "wal":
                using (var stream = new WalKeyStream(WalFile.Read([TsmSource.FromMemory("_00001.wal", data)])))
                {
                    while (stream.MoveNext())
                    {
                    }
                }
                break;
            case "meta":
                MetaReader.Read(data);
                break;
            default:
                var tar = new TarStreamReader(new MemoryStream(data));
                while (tar.NextAsync(default).GetAwaiter().GetResult() is not null)
                {
                }
                break;
        }
    }

    /// <summary>Flips, cuts and overwrites; of a block the checksum is set right again, so that its decoder is reached.</summary>
    private static byte[] Mutate(byte[] original, Random random, bool mend)
    {
        var data = (byte[])original.Clone();
        var index = mend ? (int)BinaryPrimitives.ReadInt64BigEndian(data.AsSpan(data.Length - 8)) : data.Length;
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            var at = random.Next(mend ? 9 : 0, index);
            data[at] = random.Next(3) switch { 0 => (byte)random.Next(256), 1 => 0xFF, _ => (byte)(data[at] ^ (1 << random.Next(8))) };
        }
        if (!mend)
            return random.Next(4) == 0 ? data[..random.Next(data.Length)] : data;
        using var stream = new TsmKeyStream(TsmFile.Open(TsmSource.FromMemory("x", original)));
        while (stream.MoveNext())
        {
            foreach (var block in stream.Blocks)
            {
                var body = data.AsSpan((int)block.Offset + 4, block.Size - 4);
                BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan((int)block.Offset), Crc32.Compute(body));
            }
        }
        return data;
    }

    private static long[] Range(long first, int count) => [.. Enumerable.Range(0, count).Select(i => first + i)];

    private static ulong[] Words(int count, ulong value) => [.. Enumerable.Repeat(value, count)];

    private static byte[] Build(params (string Key, TsmType Type, long[] Times, ulong[] Words)[] keys)
    {
        using var output = new MemoryStream();
        using var arena = new BlockArena();
        var encoder = new TsmBlockEncoder(arena);
        var writer = new TsmFileWriter(output);
        foreach (var (key, type, times, words) in keys)
        {
            writer.StartKey(Encoding.UTF8.GetBytes(key), type);
            for (var at = 0; at < times.Length; at += TsmFileWriter.BlockSize)
            {
                var end = Math.Min(times.Length, at + TsmFileWriter.BlockSize);
                encoder.SetTimes(times.AsSpan(at, end - at));
                writer.WriteBlock(type switch
                {
                    TsmType.String => encoder.Encode(Texts(times[at..end]), [.. Enumerable.Range(0, end - at)]),
                    TsmType.Boolean => encoder.Encode([.. words[at..end].Select(word => word != 0)]),
                    _ => encoder.Encode(type, words.AsSpan(at, end - at)),
                });
            }
        }
        writer.Finish();
        return output.ToArray();
    }

    private static BytesColumn Texts(long[] times)
    {
        var column = new BytesColumn(new ColumnSchema("s", ColumnRole.Value, ColumnType.String));
        foreach (var time in times)
            column.Append($"text {time}");
        return column;
    }

    private static byte[] Tombstone(int version, params (string Key, long First, long Last)[] ranges)
    {
        if (version == 1)
            return Encoding.UTF8.GetBytes(string.Concat(ranges.Select(range => range.Key + "\n")));
        using var output = new MemoryStream();
        output.Write([0, 0, 0x15, (byte)version]);
        foreach (var member in version == 4 ? ranges.Select(range => new[] { range }) : [ranges])
        {
            using var plain = new MemoryStream();
            foreach (var (key, first, last) in member)
            {
                var record = new byte[20 + key.Length];
                BinaryPrimitives.WriteInt32BigEndian(record, key.Length);
                Encoding.UTF8.GetBytes(key, record.AsSpan(4));
                BinaryPrimitives.WriteInt64BigEndian(record.AsSpan(4 + key.Length), first);
                BinaryPrimitives.WriteInt64BigEndian(record.AsSpan(12 + key.Length), last);
                plain.Write(record);
            }
            if (version == 2)
            {
                plain.WriteTo(output);
                continue;
            }
            using var packed = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true);
            plain.WriteTo(packed);
        }
        return output.ToArray();
    }

    private static byte[] Wal()
    {
        var key = "cpu,h=a#!~#v"u8;
        byte[] plain = [1, 0, (byte)key.Length, .. key, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 64, 0, 0, 0, 0, 0, 0, 0];
        var packed = new byte[Snappy.StoredSize(plain.Length)];
        var size = Snappy.EncodeStored(plain, packed);
        byte[] entry = [1, 0, 0, 0, (byte)size, .. packed[..size]];
        return [.. entry, .. entry];
    }

    private static byte[] Tar(byte[] content)
    {
        using var output = new MemoryStream();
        using (var writer = new System.Formats.Tar.TarWriter(output, leaveOpen: true))
        {
            writer.WriteEntry(new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.RegularFile, "db/rp/1/000000001-000000001.tsm")
            {
                DataStream = new MemoryStream(content),
            });
        }
        return output.ToArray();
    }

    private static List<(long Time, long Value)> Rows(Dictionary<string, byte[]> files)
    {
        var shard = ShardFiles.From(files.Keys, [], name => TsmSource.FromMemory(name, files[name]));
        var slice = new Slice(new TableId("rp", "cpu"), TimeRange.All);
        var rows = new List<(long, long)>();
        foreach (var step in ShardReader.Read(new SeriesMerge(shard.OpenStreams(null)), _ => slice, [slice], default))
        {
            if (step is not SliceRows(_, var batch))
                continue;
            using (batch)
            {
                var column = batch.Columns.FirstOrDefault(c => c is { Schema.Role: ColumnRole.Value } and FixedColumn<long>) as FixedColumn<long>;
                for (var i = 0; column is not null && i < batch.RowCount; i++)
                    rows.Add((batch.Time!.Values[i], column.Values[i]));
            }
        }
        return rows;
    }
}
