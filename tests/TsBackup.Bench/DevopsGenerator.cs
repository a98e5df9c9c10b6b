using System.Buffers;
using System.Buffers.Text;
using System.Text;
using TsBackup.Connectors;
using TsBackup.Model;

namespace TsBackup.Bench;

/// <summary>
/// The "devops" data of the bench: hosts with float fields of two decimals and integer fields, random walks between 0 and 100 with
/// steps of N(0,1), at a fixed interval. The same parameters and seed give the same data, whichever way they are taken out.
/// </summary>
/// <param name="Hosts">Number of series.</param>
/// <param name="RowsPerHost">Rows of each series.</param>
public sealed record DevopsGenerator(int Hosts = 100, int RowsPerHost = 8640)
{
    private static readonly string[] s_regions = ["ap-east-1", "eu-central-1", "eu-west-1", "sa-east-1", "us-east-1", "us-west-2"];
    private static readonly string[] s_systems = ["Ubuntu16.04LTS", "Ubuntu24.04LTS", "Debian13", "Windows2025"];

    /// <summary>Decides all random numbers.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Measurement in line protocol.</summary>
    public string Measurement { get; init; } = "cpu";

    /// <summary>Float fields per row, with two decimals.</summary>
    public int FloatFields { get; init; } = 5;

    /// <summary>Integer fields per row.</summary>
    public int IntegerFields { get; init; } = 5;

    /// <summary>Time of the first row in ns: 2026-01-01T00:00:00Z.</summary>
    public long Start { get; init; } = 1_767_225_600_000_000_000;

    /// <summary>Distance of the rows in ns.</summary>
    public long Interval { get; init; } = 10_000_000_000;

    /// <summary>Field values in all.</summary>
    public long Points => (long)Hosts * RowsPerHost * (FloatFields + IntegerFields);

    /// <summary>The tags of a host, in order of their keys.</summary>
    public IReadOnlyList<(string Key, string Value)> Tags(int host)
    {
        var random = new NormalRandom(Seed ^ 0x7A67, (ulong)host);
        var region = s_regions[random.Below(s_regions.Length)];
        return
        [
            ("datacenter", region + (char)('a' + random.Below(3))),
            ("hostname", $"host_{host}"),
            ("os", s_systems[random.Below(s_systems.Length)]),
            ("region", region),
        ];
    }

    /// <summary>Name of a field; floats come first.</summary>
    public string FieldName(int field) => field < FloatFields ? $"usage_{field}" : $"count_{field - FloatFields}";

    /// <summary>The rows as sealed batches of at most <paramref name="maxRows"/> rows, series after series. The caller disposes them.</summary>
    public IEnumerable<Batch> Batches(int maxRows = BatchLimits.MaxRows)
    {
        var batch = NewBatch();
        for (var host = 0; host < Hosts; host++)
        {
            var walker = new Walker(this, host);
            for (var row = 0; row < RowsPerHost;)
            {
                var count = Math.Min(RowsPerHost - row, maxRows - batch.RowCount);
                AppendRun(batch, host, walker, row, count);
                row += count;
                if (batch.RowCount < maxRows)
                    continue;
                yield return batch.Seal();
                batch = NewBatch();
            }
        }
        if (batch.RowCount > 0)
            yield return batch.Seal();
        else
            batch.Dispose();
    }

    /// <summary>Writes the rows as InfluxDB line protocol with times in ns, time after time as collectors send them.</summary>
    public void WriteLineProtocol(Stream stream)
    {
        var heads = new byte[Hosts][];
        var walkers = new Walker[Hosts];
        var names = new byte[FloatFields + IntegerFields][];
        for (var field = 0; field < names.Length; field++)
            names[field] = Encoding.UTF8.GetBytes((field == 0 ? " " : ",") + FieldName(field) + "=");
        for (var host = 0; host < Hosts; host++)
        {
            heads[host] = Encoding.UTF8.GetBytes(Measurement + string.Concat(Tags(host).Select(tag => $",{tag.Key}={tag.Value}")));
            walkers[host] = new Walker(this, host);
        }
        var buffer = new ArrayBufferWriter<byte>(1 << 20);
        for (var row = 0; row < RowsPerHost; row++)
        {
            for (var host = 0; host < Hosts; host++)
            {
                var walker = walkers[host];
                if (row > 0)
                    walker.Step();
                buffer.Write(heads[host]);
                for (var field = 0; field < FloatFields; field++)
                {
                    buffer.Write(names[field]);
                    WriteFloat(buffer, walker.Float(field));
                }
                for (var field = 0; field < IntegerFields; field++)
                {
                    buffer.Write(names[FloatFields + field]);
                    WriteInteger(buffer, walker.Integer(field));
                    buffer.Write("i"u8);
                }
                buffer.Write(" "u8);
                WriteInteger(buffer, Start + (row * Interval));
                buffer.Write("\n"u8);
                if (buffer.WrittenCount < 1 << 19)
                    continue;
                stream.Write(buffer.WrittenSpan);
                buffer.ResetWrittenCount();
            }
        }
        stream.Write(buffer.WrittenSpan);
    }

    private static void WriteInteger(ArrayBufferWriter<byte> buffer, long value)
    {
        Utf8Formatter.TryFormat(value, buffer.GetSpan(20), out var written);
        buffer.Advance(written);
    }

    private static void WriteFloat(ArrayBufferWriter<byte> buffer, double value)
    {
        Utf8Formatter.TryFormat(value, buffer.GetSpan(32), out var written);
        buffer.Advance(written);
    }

    private Batch NewBatch()
    {
        var batch = new Batch();
        foreach (var (key, _) in Tags(0))
            batch.AddColumn(new ColumnSchema(key, ColumnRole.Key, ColumnType.String));
        batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp));
        for (var field = 0; field < FloatFields + IntegerFields; field++)
            batch.AddColumn(new ColumnSchema(FieldName(field), ColumnRole.Value, field < FloatFields ? ColumnType.Float64 : ColumnType.Int64));
        return batch;
    }

    private void AppendRun(Batch batch, int host, Walker walker, int firstRow, int count)
    {
        var column = 0;
        foreach (var (_, value) in Tags(host))
            ((BytesColumn)batch.Columns[column++]).Append(value);
        var times = batch.Time!.Reserve(count);
        column++;
        for (var i = 0; i < count; i++)
            times[i] = Start + ((firstRow + i) * Interval);
        for (var i = 0; i < count; i++)
        {
            if (firstRow + i > 0)
                walker.Step();
            for (var field = 0; field < FloatFields; field++)
                ((FixedColumn<double>)batch.Columns[column + field]).Append(walker.Float(field));
            for (var field = 0; field < IntegerFields; field++)
                ((FixedColumn<long>)batch.Columns[column + FloatFields + field]).Append(walker.Integer(field));
        }
        batch.EndRun(count);
    }

    /// <summary>The state of one host.</summary>
    private sealed class Walker
    {
        private readonly double[] _floats;
        private readonly long[] _integers;
        private NormalRandom _random;

        public Walker(DevopsGenerator generator, int host)
        {
            _random = new NormalRandom(generator.Seed, (ulong)host);
            _floats = new double[generator.FloatFields];
            _integers = new long[generator.IntegerFields];
            foreach (ref var value in _floats.AsSpan())
                value = _random.Below(10_001) / 100.0;
            foreach (ref var value in _integers.AsSpan())
                value = _random.Below(101);
        }

        public double Float(int field) => Math.Round(_floats[field], 2);

        public long Integer(int field) => _integers[field];

        public void Step()
        {
            foreach (ref var value in _floats.AsSpan())
                value = Math.Clamp(value + _random.Normal(), 0, 100);
            foreach (ref var value in _integers.AsSpan())
                value = Math.Clamp(value + (long)Math.Round(_random.Normal()), 0, 100);
        }
    }

    /// <summary>SplitMix64 with normal numbers by the Box-Muller transform.</summary>
    private struct NormalRandom(ulong seed, ulong stream)
    {
        private ulong _state = (seed * 0x9E3779B97F4A7C15) ^ ((stream + 1) * 0xD1B54A32D192ED03);
        private double _spare = double.NaN;

        public int Below(int limit) => (int)Math.BigMul(Next(), (ulong)limit, out _);

        public double Normal()
        {
            if (!double.IsNaN(_spare))
            {
                var spare = _spare;
                _spare = double.NaN;
                return spare;
            }
            var radius = Math.Sqrt(-2 * Math.Log(((Next() >> 11) + 1) * (1.0 / (1UL << 53))));
            var (sin, cos) = Math.SinCos(2 * Math.PI * ((Next() >> 11) * (1.0 / (1UL << 53))));
            _spare = radius * sin;
            return radius * cos;
        }

        private ulong Next()
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
