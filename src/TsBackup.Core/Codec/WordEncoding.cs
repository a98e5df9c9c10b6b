using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>Chooses how the words of a column are written, and finds the way back by the type byte.</summary>
internal static class WordEncoding
{
    /// <summary>How many slots a run has to last on average for runs to be worth it.</summary>
    private const int WorthwhileRun = 8;

    /// <summary>Writes type byte and words.</summary>
    public static void Write(BlockWriter writer, in WordColumn column)
    {
        var values = column.Values;
        if (values.IsEmpty)
        {
            writer.WriteByte((byte)ColumnEncoding.None);
            return;
        }
        var runs = RunsEncoding.Count(values);
        if (runs == 1)
        {
            writer.WriteByte((byte)ColumnEncoding.Constant);
            writer.Write64((ulong)values[0]);
        }
        else if (runs * WorthwhileRun <= values.Length)
        {
            writer.WriteByte((byte)ColumnEncoding.Runs);
            RunsEncoding.Write(writer, column, runs);
        }
        else
        {
            WriteVaried(writer, column);
        }
    }

    /// <summary>Reads words written by <see cref="Write"/>.</summary>
    public static void Read(ref BlockReader reader, scoped Span<long> values, scoped ReadOnlySpan<int> starts, ColumnType type)
    {
        var encoding = reader.ReadByte();
        var read = EncodingTable.WordReader(encoding);
        if (values.IsEmpty != (encoding == (byte)ColumnEncoding.None))
            throw BlockFault.Damaged("a column has no values where it should have some");
        reader.Enter();
        read(ref reader, values, starts, type);
        reader.Leave();
    }

    private static void WriteVaried(BlockWriter writer, in WordColumn column)
    {
        using var scratch = new Scratch<long>(2 * NumberSample.Size);
        var sample = scratch.Span[..NumberSample.Size];
        sample = sample[..NumberSample.Take(column.Values, sample)];
        var dictionary = DictionaryEncoding.Estimate(sample);
        var isFloat = column.Type is ColumnType.Float32 or ColumnType.Float64;
        var decimals = isFloat ? DecimalScale.Find(sample, column.Type) : -1;
        var best = ColumnEncoding.Integers;
        var bits = long.MaxValue;
        if (decimals >= 0)
        {
            best = ColumnEncoding.Decimals;
            if (dictionary != long.MaxValue)
                bits = EstimateDecimals(sample, column.Type, decimals, scratch.Span[NumberSample.Size..]);
        }
        else if (isFloat || dictionary != long.MaxValue)
        {
            (best, bits) = ChooseBits(column, sample, isFloat);
        }
        if (dictionary < bits && DictionaryEncoding.TryWrite(writer, column))
            return;
        writer.WriteByte((byte)best);
        switch (best)
        {
            case ColumnEncoding.Decimals:
                DecimalsEncoding.Write(writer, column, decimals);
                break;
            case ColumnEncoding.Planes or ColumnEncoding.XorPlanes:
                PlanesEncoding.Write(writer, column, best == ColumnEncoding.XorPlanes);
                break;
            default:
                IntegersEncoding.Write(writer, column);
                break;
        }
    }

    private static (ColumnEncoding Encoding, long Bits) ChooseBits(in WordColumn column, ReadOnlySpan<long> sample, bool isFloat)
    {
        var (plain, first, second) = NumberSample.Estimate(column.Values, column.Starts);
        var best = (ColumnEncoding.Integers, Bits: Math.Min(plain, Math.Min(first, second)));
        if (!isFloat)
            return best;
        var planes = PlanesEncoding.Estimate(sample, xor: false);
        if (planes < best.Bits)
            best = (ColumnEncoding.Planes, planes);
        var xor = PlanesEncoding.Estimate(sample, xor: true);
        return xor < best.Bits ? (ColumnEncoding.XorPlanes, xor) : best;
    }

    private static long EstimateDecimals(ReadOnlySpan<long> sample, ColumnType type, int decimals, Span<long> integers)
    {
        using var positions = new Scratch<int>(sample.Length);
        integers = integers[..sample.Length];
        var exceptions = type == ColumnType.Float32
            ? DecimalScale.Scale32(sample, decimals, integers, positions.Span)
            : DecimalScale.Scale64(sample, decimals, integers, positions.Span);
        foreach (var position in positions.Span[..exceptions])
            integers[position] = position == 0 ? 0 : integers[position - 1];
        var (plain, first, second) = NumberSample.Estimate(integers, WordColumn.OneRun);
        return Math.Min(plain, Math.Min(first, second)) + (exceptions * 64L);
    }
}
