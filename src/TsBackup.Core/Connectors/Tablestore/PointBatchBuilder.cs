using System.Text;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>Collects points (or attributes) of a time-series table as a batch in which every row is a tuple of its own.</summary>
internal sealed class PointBatchBuilder : IDisposable
{
    private readonly Dictionary<string, IReadOnlyList<KeyValuePair<string, string>>> _parsedTags = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Name, ColumnType Type), Column> _fields = [];
    private readonly Dictionary<string, BytesColumn> _tags = new(StringComparer.Ordinal);
    private Batch _batch = new(rowsAreTuples: true);
    private BytesColumn? _measurement;
    private BytesColumn? _source;
    private FixedColumn<long>? _time;

    /// <summary>True when the batch has the size that batches have.</summary>
    public bool IsFull => _batch.RowCount >= BatchLimits.MaxRows || _batch.ByteSize >= BatchLimits.MaxBytes;

    /// <summary>Rows so far.</summary>
    public int RowCount => _batch.RowCount;

    /// <summary>Hands over the batch and starts the next.</summary>
    public Batch Take()
    {
        var full = _batch.Seal();
        _batch = new Batch(rowsAreTuples: true);
        _fields.Clear();
        _tags.Clear();
        _measurement = _source = null;
        _time = null;
        return full;
    }

    /// <summary>Adds a point as a scan hands it out: names of field columns end with a colon and a letter for the type.</summary>
    /// <exception cref="TablestoreProtocolException">The row is no point.</exception>
    /// <exception cref="OverflowException">The time is beyond what nanoseconds can say.</exception>
    public void Add(PlainRow row)
    {
        var isTimed = false;
        foreach (var key in row.Keys)
        {
            var name = row.NameTextOf(key);
            if (isTimed)
                AddField(name, row, key);
            else if (name == "_time")
            {
                isTimed = true;
                _time ??= (FixedColumn<long>)_batch.AddColumn(TableColumns.Time);
                _time.Append(checked(key.Bits * TableColumns.NanosPerMicro));
            }
            else if (name != "_#h")
                AddKey(name, row, key);
        }
        if (!isTimed)
            throw TablestoreProtocolException.Malformed("A point has no time.");
        foreach (var cell in row.Cells)
        {
            var name = row.NameTextOf(cell);
            var colon = name.LastIndexOf(':');
            AddField(colon > 0 ? name[..colon] : name, row, cell);
        }
        _batch.EndRun(1);
    }

    /// <summary>Adds the attributes of a series.</summary>
    public void Add(TimeseriesMeta meta)
    {
        AddText(ref _measurement, TableColumns.Measurement, Encoding.UTF8.GetBytes(meta.Key!.Measurement ?? ""));
        AddText(ref _source, TableColumns.Source, Encoding.UTF8.GetBytes(meta.Key.Source ?? ""));
        var tags = meta.Key.TagList.Count > 0
            ? [.. meta.Key.TagList.Select(t => new KeyValuePair<string, string>(t.Name!, t.Value!))]
            : SeriesTags.Parse(meta.Key.Tags);
        foreach (var (name, value) in tags)
            AddTag(name, Encoding.UTF8.GetBytes(value));
        var column = ValueColumn(TableColumns.Attributes.Name, ColumnType.String);
        ((BytesColumn)column).Append(meta.Attributes!);
        _batch.EndRun(1);
    }

    /// <inheritdoc/>
    public void Dispose() => _batch.Dispose();

    private void AddKey(string name, PlainRow row, in PlainCell key)
    {
        if (key.Type != PlainType.String)
            throw TablestoreProtocolException.Malformed($"Key {name} of a point is no text.");
        switch (name)
        {
            case "_m_name":
                AddText(ref _measurement, TableColumns.Measurement, row.BytesOf(key));
                break;
            case "_data_source":
                AddText(ref _source, TableColumns.Source, row.BytesOf(key));
                break;
            case "_tags":
                foreach (var (tag, value) in TagsOf(row, key))
                    AddTag(tag, Encoding.UTF8.GetBytes(value));
                break;
            default:
                AddTag(name, row.BytesOf(key));
                break;
        }
    }

    private IReadOnlyList<KeyValuePair<string, string>> TagsOf(PlainRow row, in PlainCell key)
    {
        var text = Encoding.UTF8.GetString(row.BytesOf(key));
        if (_parsedTags.TryGetValue(text, out var tags))
            return tags;
        // Bounded: a table may have millions of series.
        if (_parsedTags.Count >= 10_000)
            _parsedTags.Clear();
        return _parsedTags[text] = SeriesTags.Parse(text);
    }

    private void AddText(ref BytesColumn? column, ColumnSchema schema, ReadOnlySpan<byte> text)
    {
        column ??= (BytesColumn)_batch.AddColumn(schema);
        Append(column, schema.Name, text);
    }

    private void AddTag(string tag, ReadOnlySpan<byte> value)
    {
        if (!_tags.TryGetValue(tag, out var column))
            _tags.Add(tag, column = (BytesColumn)_batch.AddColumn(TableColumns.OfTag(tag)));
        Append(column, tag, value);
    }

    private void Append(BytesColumn column, string name, ReadOnlySpan<byte> value)
    {
        column.PadTo(_batch.RowCount);
        if (column.Count > _batch.RowCount)
            throw TablestoreProtocolException.Malformed($"Key {name} comes twice in a point.");
        column.Append(value);
    }

    private void AddField(string name, PlainRow row, in PlainCell cell)
    {
        var column = ValueColumn(name, TableColumns.TypeOf(cell.Type));
        if (column.Count > _batch.RowCount)
            throw TablestoreProtocolException.Malformed($"Field {name} comes twice in a point.");
        switch (column)
        {
            case FixedColumn<long> c:
                c.Append(cell.Bits);
                break;
            case FixedColumn<double> c:
                c.Append(BitConverter.Int64BitsToDouble(cell.Bits));
                break;
            case FixedColumn<bool> c:
                c.Append(cell.Bits != 0);
                break;
            case BytesColumn c:
                c.Append(row.BytesOf(cell));
                break;
        }
    }

    private Column ValueColumn(string name, ColumnType type)
    {
        if (!_fields.TryGetValue((name, type), out var column))
            _fields.Add((name, type), column = _batch.AddColumn(new ColumnSchema(name, ColumnRole.Value, type)));
        column.PadTo(_batch.RowCount);
        return column;
    }
}
