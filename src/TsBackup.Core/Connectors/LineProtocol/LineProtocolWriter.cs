using System.Buffers;
using System.Buffers.Text;
using TsBackup.Model;

namespace TsBackup.Connectors.LineProtocol;

/// <summary>
/// Writes rows of batches as InfluxDB line protocol: key columns of type String become tags, value columns fields, times nanoseconds.
/// What comes out reads back to the same bits in InfluxDB 1.x and in <see cref="LineProtocolParser"/>. A row that line protocol cannot
/// say (a NaN, a binary value, a name that ends with a backslash …) is left out as a whole and counted in <see cref="Refusals"/>.
/// <para>Keeps buffers between calls; not thread-safe.</para>
/// </summary>
public sealed class LineProtocolWriter
{
    private readonly Dictionary<string, long> _refusals = new(StringComparer.Ordinal);
    private readonly ArrayBufferWriter<byte> _series = new(256);
    private readonly List<LineTag> _tags = [];
    private readonly List<LineColumn> _columns = [];
    private Batch? _batch;
    private string? _measurement;
    private byte[]? _measurementBytes;
    private string _measurementFault = "";
    private bool _hasTwins;
    private bool _columnsAreFragile;
    private byte[] _line = new byte[4096];
    private int _length;

    /// <summary>
    /// Set for lines that go to a server: it drops a field named <c>time</c> without a word when other fields stand beside it, so such
    /// rows are refused here.
    /// </summary>
    public bool RefusesFieldsNamedTime { get; init; }

    /// <summary>Rows refused since the writer was made, one entry per reason.</summary>
    public IReadOnlyList<LineProtocolRefusal> Refusals => [.. _refusals.Select(r => new LineProtocolRefusal(r.Value, r.Key))];

    /// <summary>Writes rows <paramref name="firstRow"/> up to <paramref name="endRow"/> (excluded) of a sealed batch.</summary>
    /// <param name="measurement">Name of the measurement, unescaped.</param>
    /// <param name="batch">The batch; stays the caller's.</param>
    /// <param name="firstRow">First row to write.</param>
    /// <param name="endRow">Row after the last one to write.</param>
    /// <param name="output">Takes the lines, each with its line feed.</param>
    /// <returns>Rows written; the others are in <see cref="Refusals"/>.</returns>
    public int Write(string measurement, Batch batch, int firstRow, int endRow, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(output);
        if (firstRow < 0 || endRow > batch.RowCount || firstRow > endRow)
            throw new ArgumentOutOfRangeException(nameof(firstRow), "The rows do not lie within the batch.");
        if (firstRow == endRow)
            return 0;
        if (batch.Time is not { } time)
            return Refuse(endRow - firstRow, "A row without a time cannot be said in line protocol.");
        Prepare(measurement, batch);
        if (_measurementBytes is null)
            return Refuse(endRow - firstRow, _measurementFault);
        var written = 0;
        for (var run = FindRun(batch, firstRow); run < batch.RunCount && batch.RunStart(run) < endRow; run++)
        {
            var first = Math.Max(firstRow, batch.RunStart(run));
            var end = Math.Min(endRow, batch.RunEnd(run));
            var fault = BuildSeries(run);
            if (fault.Length != 0)
            {
                Refuse(end - first, fault);
                continue;
            }
            var fragile = _columnsAreFragile || LineProtocolSyntax.IsFragile(_series.WrittenSpan);
            for (var row = first; row < end; row++)
                written += WriteRow(time.Values[row], row, fragile, output) ? 1 : 0;
        }
        return written;
    }

    /// <summary>
    /// Forgets the batch of the last call. Needed only when a batch object is filled anew between two calls.
    /// </summary>
    public void Reset() => _batch = null;

    private static int FindRun(Batch batch, int row)
    {
        if (batch.RowsAreTuples)
            return row;
        var at = batch.RunEnds.BinarySearch(row);
        return at >= 0 ? at + 1 : ~at;
    }

    private void Prepare(string measurement, Batch batch)
    {
        if (_measurement != measurement)
        {
            _measurement = measurement;
            _measurementBytes = LineProtocolSyntax.Measurement(measurement, out _measurementFault);
        }
        if (ReferenceEquals(_batch, batch))
            return;
        _batch = batch;
        _tags.Clear();
        _columns.Clear();
        foreach (var column in batch.Columns)
        {
            if (column.Schema.Role == ColumnRole.Key)
                _tags.Add(LineTag.Of(column));
            else if (column.Schema.Role == ColumnRole.Value)
                _columns.Add(LineColumn.Of(column, RefusesFieldsNamedTime));
        }
        _tags.Sort(static (a, b) => ColumnSchema.CompareCanonical(a.Column.Schema, b.Column.Schema));
        _hasTwins = _columns.Select(c => c.Column.Schema.Name).Distinct(StringComparer.Ordinal).Count() != _columns.Count;
        _columnsAreFragile = _columns.Any(c => LineProtocolSyntax.IsFragile(c.Prefix));
    }

    private int Refuse(int rows, string reason)
    {
        _refusals[reason] = _refusals.GetValueOrDefault(reason) + rows;
        return 0;
    }

    private string BuildSeries(int run)
    {
        _series.ResetWrittenCount();
        _series.Write(_measurementBytes);
        foreach (var tag in _tags)
        {
            if (!tag.Column.IsValid(run))
                continue;
            if (tag.Values is not { } values)
                return tag.Fault;
            var fault = LineProtocolSyntax.TagValueFault(values[run]);
            if (fault.Length != 0)
                return fault;
            _series.Write(tag.Prefix);
            LineProtocolSyntax.AppendTagValue(values[run], _series);
        }
        return "";
    }

    private bool WriteRow(long time, int row, bool fragile, IBufferWriter<byte> output)
    {
        _length = 0;
        Append(_series.WrittenSpan);
        var separator = (byte)' ';
        foreach (var column in _columns)
        {
            if (!column.Column.IsValid(row))
                continue;
            if (column.Fault.Length != 0)
                return Refuse(1, column.Fault) != 0;
            Reserve(column.Prefix.Length + 1 + LineNumbers.MaxLength);
            _line[_length++] = separator;
            separator = (byte)',';
            column.Prefix.CopyTo(_line.AsSpan(_length));
            _length += column.Prefix.Length;
            if (!AppendValue(column, row))
                return Refuse(1, "A float that is not a finite number cannot be said in line protocol.") != 0;
        }
        if (separator == ' ')
            return Refuse(1, "A row without any value cannot be said in line protocol.") != 0;
        if (_hasTwins && HasTwinsIn(row))
            return Refuse(1, "A row with two values of one field cannot be said in line protocol.") != 0;
        Reserve(LineNumbers.MaxLength);
        _line[_length++] = (byte)' ';
        Utf8Formatter.TryFormat(time, _line.AsSpan(_length), out var digits);
        _length += digits;
        _line[_length++] = (byte)'\n';
        if (fragile && LineProtocolSyntax.ServerLineEnd(_line.AsSpan(0, _length)) != _length - 1)
            return Refuse(1, "A row whose backslashes hide the end of its line cannot be said in line protocol.") != 0;
        output.Write(_line.AsSpan(0, _length));
        return true;
    }

    private bool AppendValue(LineColumn column, int row)
    {
        var place = _line.AsSpan(_length);
        var digits = 0;
        switch (column.Column)
        {
            case FixedColumn<double> c:
                var value = c.Values[row];
                if (!double.IsFinite(value))
                    return false;
                digits = LineNumbers.Format(value, place);
                break;
            case FixedColumn<long> c:
                Utf8Formatter.TryFormat(c.Values[row], place, out digits);
                place[digits++] = (byte)'i';
                break;
            case FixedColumn<ulong> c:
                Utf8Formatter.TryFormat(c.Values[row], place, out digits);
                place[digits++] = (byte)'u';
                break;
            case FixedColumn<bool> c:
                place[digits++] = c.Values[row] ? (byte)'t' : (byte)'f';
                break;
            case BytesColumn c:
                AppendText(c[row]);
                break;
        }
        _length += digits;
        return true;
    }

    private void AppendText(ReadOnlySpan<byte> text)
    {
        Reserve(checked((text.Length * 2) + 2));
        _line[_length++] = (byte)'"';
        while (true)
        {
            var at = text.IndexOfAny((byte)'"', LineProtocolSyntax.Backslash);
            var plain = at < 0 ? text : text[..at];
            plain.CopyTo(_line.AsSpan(_length));
            _length += plain.Length;
            if (at < 0)
                break;
            _line[_length++] = LineProtocolSyntax.Backslash;
            _line[_length++] = text[at];
            text = text[(at + 1)..];
        }
        _line[_length++] = (byte)'"';
    }

    private bool HasTwinsIn(int row)
    {
        for (var i = 0; i < _columns.Count; i++)
        {
            for (var j = i + 1; j < _columns.Count; j++)
            {
                if (_columns[i].Column.Schema.Name == _columns[j].Column.Schema.Name
                    && _columns[i].Column.IsValid(row) && _columns[j].Column.IsValid(row))
                    return true;
            }
        }
        return false;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_line.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Reserve(int count)
    {
        if (_length + count > _line.Length)
            Array.Resize(ref _line, Math.Max(_line.Length * 2, checked(_length + count)));
    }

    private sealed record LineTag(Column Column, BytesColumn? Values, byte[] Prefix, string Fault)
    {
        public static LineTag Of(Column column)
        {
            if (column is not BytesColumn { Schema.Type: ColumnType.String } values)
                return new LineTag(column, null, [], $"A key of type {column.Schema.Type} cannot be said in line protocol.");
            var key = LineProtocolSyntax.TagKey(column.Schema.Name, out var fault);
            return new LineTag(column, key is null ? null : values, key is null ? [] : [(byte)',', .. key, (byte)'='], fault);
        }
    }

    private sealed record LineColumn(Column Column, byte[] Prefix, string Fault)
    {
        public static LineColumn Of(Column column, bool refusesTime)
        {
            if (refusesTime && column.Schema.Name == "time")
                return new LineColumn(column, [], "A field named 'time' is not kept by InfluxDB.");
            var type = column.Schema.Type;
            if (type is not (ColumnType.Float64 or ColumnType.Int64 or ColumnType.UInt64 or ColumnType.Boolean or ColumnType.String))
                return new LineColumn(column, [], $"A value of type {type} cannot be said in line protocol.");
            var key = LineProtocolSyntax.FieldKey(column.Schema.Name, out var fault);
            return new LineColumn(column, key is null ? [] : [.. key, (byte)'='], fault);
        }
    }
}
