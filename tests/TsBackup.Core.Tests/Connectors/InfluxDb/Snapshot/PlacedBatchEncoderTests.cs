using System.Text;
using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb.Snapshot;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb.Snapshot;

/// <summary>Batches of every type, as blocks of a file and read again.</summary>
public sealed class PlacedBatchEncoderTests
{
    private const long Hour = 3_600_000_000_000;
    private static readonly ColumnType[] s_types =
        [ColumnType.Float64, ColumnType.Int64, ColumnType.UInt64, ColumnType.Boolean, ColumnType.String];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void AFileGivesTheRowsOfItsBatches(int seed)
    {
        var random = new Random(seed);
        var slice = new Slice(new TableId("rp", "m"), new TimeRange(0, Hour - 1));
        using var expected = new SliceDigester();
        using var pass = new ShardPass();
        var policy = new PolicyWindows("rp", Hour);
        policy.Window(policy.Windows.IndexOf(0)).Shard = 7;
        for (var part = 0; part < 2; part++)
        {
            var batch = Make(random, part);
            expected.Append(batch);
            pass.Take(new PlacedBatch(batch, NativeBatch.Of(slice, batch)!, policy), default);
            if (part == 0 && seed % 2 == 0)
                pass.Spill(default);
        }

        var (window, files) = Assert.Single(pass.Finish());
        var streams = files.Select(file => (KeyStream)new TsmKeyStream(TsmFile.Open(TsmSource.FromMemory("x", Bytes(file))))).ToList();
        using var actual = new SliceDigester();
        foreach (var step in ShardReader.Read(new SeriesMerge(streams), _ => slice, [slice], default))
        {
            if (step is not SliceRows(_, var batch))
                continue;
            using (batch)
                actual.Append(batch);
        }

        Assert.Equal(7UL, window.Shard);
        var (wanted, found) = (expected.Finish(), actual.Finish());
        Assert.True(wanted == found, $"Seed {seed}: {wanted} became {found}.");
    }

    private static byte[] Bytes(UploadFile file)
    {
        using var output = new MemoryStream();
        file.WriteTo(output, default);
        Assert.Equal(file.Size, output.Length);
        return output.ToArray();
    }

    private static Batch Make(Random random, int part)
    {
        var batch = new Batch();
        var key = (BytesColumn)batch.AddColumn(new ColumnSchema("k", ColumnRole.Key, ColumnType.String));
        var time = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp));
        var columns = s_types.SelectMany(type => new[] { "", "?" }.Select(gaps =>
            batch.AddColumn(new ColumnSchema($"{type}{gaps}", ColumnRole.Value, type)))).ToArray();
        for (var run = 0; run < 4; run++)
        {
            var rows = random.Next(1, 2600);
            key.Append($"series {run + (part * 3)} ü,=");

            // The last run of the first batch goes on in the second one.
            var at = (part * Hour / 2) + random.Next(1000);
            for (var row = 0; row < rows; row++, at += run == 0 ? 1_000_000 : random.Next(1, 1_000_000))
            {
                time.Append(at);
                foreach (var column in columns)
                {
                    if (column.Schema.Name.EndsWith('?') && random.Next(3) == 0)
                        column.AppendNull();
                    else
                        Append(column, random, row);
                }
            }
            batch.EndRun(rows);
        }
        return batch.Seal();
    }

    private static void Append(Column column, Random random, int row)
    {
        switch (column)
        {
            case FixedColumn<double> c:
                c.Append(random.Next(5) switch { 0 => -0.0, 1 => double.Epsilon, 2 => double.MaxValue, 3 => row / 100.0, _ => random.NextDouble() });
                break;
            case FixedColumn<long> c:
                c.Append(random.Next(4) switch { 0 => long.MinValue, 1 => row, 2 => random.Next(100), _ => long.MaxValue });
                break;
            case FixedColumn<ulong> c:
                c.Append(random.Next(3) == 0 ? ulong.MaxValue : (ulong)row);
                break;
            case FixedColumn<bool> c:
                c.Append(random.Next(2) == 0);
                break;
            default:
                ((BytesColumn)column).Append(Encoding.UTF8.GetBytes(new string('ü', random.Next(40)) + "\n\"\\,"));
                break;
        }
    }
}
