using System.Buffers;
using System.Text;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>
/// Decides whether a batch may go into a TSM file. The file could say things that the server's own parser never lets in, and others
/// that its two indexes take differently; whatever is not plain goes by line protocol, where the server itself judges.
/// </summary>
internal sealed class NativeBatch
{
    private const int MaxKeySize = 60_000;
    private readonly byte[] _measurement;
    private readonly (BytesColumn Values, byte[] Prefix)[] _tags;

    private NativeBatch(byte[] measurement, (BytesColumn Values, byte[] Prefix)[] tags)
    {
        _measurement = measurement;
        _tags = tags;
    }

    /// <summary>Takes a batch; null when it is not plain.</summary>
    public static NativeBatch? Of(Slice slice, Batch batch)
    {
        if (batch.RowsAreTuples || batch.Time is not { } time
            || LineProtocolSyntax.Measurement(slice.Table.Name, out _) is not { } measurement || LineProtocolSyntax.IsFragile(measurement))
        {
            return null;
        }
        var values = batch.Columns.Where(column => column.Schema.Role == ColumnRole.Value).ToArray();
        if (values.Length == 0 || values.DistinctBy(column => column.Schema.Name).Count() < values.Length)
            return null;
        foreach (var at in time.Values)
        {
            if (!InfluxQl.ValidTimes.Contains(at))
                return null;
        }
        if (!Array.TrueForAll(values, IsPlain) || !EachRowHasAValue(values, batch.RowCount) || TagsOf(batch) is not { } tags)
            return null;
        var native = new NativeBatch(measurement, tags);
        var longest = values.Max(column => Encoding.UTF8.GetByteCount(column.Schema.Name));
        for (var run = 0; run < batch.RunCount; run++)
        {
            if (!native.IsPlain(run, longest))
                return null;
        }
        return native;
    }

    /// <summary>The key of a run's series.</summary>
    public byte[] SeriesOf(int run)
    {
        var key = new ArrayBufferWriter<byte>(128);
        key.Write(_measurement);
        foreach (var (values, prefix) in _tags)
        {
            if (!values.IsValid(run))
                continue;
            key.Write(prefix);
            LineProtocolSyntax.AppendTagValue(values[run], key);
        }
        return key.WrittenSpan.ToArray();
    }

    private bool IsPlain(int run, int fieldSize)
    {
        foreach (var (values, _) in _tags)
        {
            if (!values.IsValid(run))
                continue;
            if (LineProtocolSyntax.TagValueFault(values[run]).Length > 0 || values[run].Contains(LineProtocolSyntax.Backslash))
                return false;
        }
        var series = SeriesOf(run);
        return series.Length + fieldSize < MaxKeySize && series.AsSpan().IndexOf(SeriesKey.Separator) < 0;
    }

    private static (BytesColumn Values, byte[] Prefix)[]? TagsOf(Batch batch)
    {
        var tags = new List<(BytesColumn Values, byte[] Prefix)>();
        foreach (var column in batch.Columns.Where(column => column.Schema.Role == ColumnRole.Key))
        {
            var name = column.Schema.Name;
            if (column is not BytesColumn { Schema.Type: ColumnType.String } values || name is "time" or "_field" or "_measurement")
                return null;

            // The order of tags whose names are escaped differs between the server's parts.
            if (LineProtocolSyntax.TagKey(name, out _) is not { } key || key.Length != Encoding.UTF8.GetByteCount(name))
                return null;
            tags.Add((values, [(byte)',', .. key, (byte)'=']));
        }
        tags.Sort(static (a, b) => a.Prefix.AsSpan(0, a.Prefix.Length - 1).SequenceCompareTo(b.Prefix.AsSpan(0, b.Prefix.Length - 1)));
        return [.. tags];
    }

    private static bool IsPlain(Column column)
    {
        if (TsmTypes.FromColumnType(column.Schema.Type) is null || column.Schema.Name == "time")
            return false;
        var name = column.Schema.Name;
        if (LineProtocolSyntax.FieldKey(name, out _) is not { } key || key.Length != Encoding.UTF8.GetByteCount(name))
            return false;
        if (column is not FixedColumn<double> numbers)
            return true;
        foreach (var number in numbers.Values)
        {
            if (!double.IsFinite(number))
                return false;
        }
        return true;
    }

    private static bool EachRowHasAValue(Column[] values, int rows)
    {
        if (Array.Exists(values, column => column.NullCount == 0))
            return true;
        for (var row = 0; row < rows; row++)
        {
            if (!Array.Exists(values, column => column.IsValid(row)))
                return false;
        }
        return true;
    }
}
