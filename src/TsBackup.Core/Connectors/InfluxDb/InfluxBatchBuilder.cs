using System.Text;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>Collects the rows of one slice from replies into batches, series by series.</summary>
/// <param name="slice">The slice.</param>
/// <param name="unsignedFields">Names of its unsigned fields.</param>
/// <param name="target">The store's name for messages.</param>
/// <param name="mixed">Set when the slice was asked for with <see cref="InfluxMixedTypes.Select"/>.</param>
internal sealed class InfluxBatchBuilder(
    Slice slice, IReadOnlySet<string> unsignedFields, string target, InfluxMixedTypes? mixed = null) : IDisposable
{
    private static readonly ColumnSchema TimeSchema = new("time", ColumnRole.Time, ColumnType.Timestamp);
    private readonly Dictionary<string, FieldColumns> _fields = new(StringComparer.Ordinal);
    private readonly List<(byte[] Name, byte[] Value)> _series = [];
    private readonly List<ColumnSchema> _keySchemas = [];
    private Batch? _batch;
    private FixedColumn<long>? _time;
    private BytesColumn?[] _keys = [];
    private FieldColumns[] _columns = [];
    private string[] _columnNames = [];
    private bool _seriesIsOpen;
    private int _runRows;
    private long _lastTime;
    private long _bytes;

    /// <summary>True when a batch should be taken.</summary>
    public bool IsFull => RowCount >= BatchLimits.MaxRows || _bytes >= BatchLimits.MaxBytes
        || (_batch is not null && BatchLimits.IsWide(_batch, RowCount));

    private int RowCount => _time?.Count ?? 0;

    /// <summary>Begins a series, or goes on with the one that is open when the tags are the same.</summary>
    public void Begin(InfluxReply reply)
    {
        if (!ReferenceEquals(_columnNames, reply.Columns))
            MapColumns(reply.Columns);
        if (_seriesIsOpen && SameTags(reply.Tags))
            return;
        EndRun();
        MapKeys(reply.Tags);
        _series.Clear();
        _series.AddRange(reply.Tags);
        _seriesIsOpen = true;
        _lastTime = long.MinValue;
    }

    /// <summary>Takes rows from the reply until none is here or the batch is full.</summary>
    public void Append(InfluxReply reply)
    {
        while (!IsFull && reply.TryRow())
            AppendRow(reply);
    }

    /// <summary>Hands over what has been collected; null when there is nothing.</summary>
    public Batch? Take()
    {
        EndRun();
        var batch = _batch;
        _batch = null;
        _time = null;
        _bytes = 0;
        Array.Clear(_keys);
        foreach (var field in _fields.Values)
            field.Clear();
        return batch?.Seal();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _batch?.Dispose();
        _batch = null;
    }

    private void AppendRow(InfluxReply reply)
    {
        var row = reply.Row;
        var time = row[0];
        if (time.Kind != MsgPackKind.Int64)
            throw Invalid("has a row whose time is not a number of nanoseconds");
        if (!slice.Window.Contains(time.Bits))
            throw Invalid($"has a row at {TimeText.Format(time.Bits)}, which is outside the window asked for");
        if (time.Bits <= _lastTime && _lastTime != long.MinValue)
            throw Invalid("has rows that are not in ascending order of time");
        if (_runRows == 0)
            StartRun();
        var at = RowCount;
        var part = mixed?.PartOf(time.Bits) ?? 0;
        for (var i = 1; i < row.Length; i++)
        {
            if (row[i].Kind != MsgPackKind.Nil && (mixed is null || mixed.IsNative(i - 1, part)))
                AppendValue(_columns[i], at, row[i], reply);
        }
        _time!.Append(time.Bits);
        _lastTime = time.Bits;
        _runRows++;
        _bytes += 8;
    }

    private void AppendValue(FieldColumns field, int row, in MsgPackValue value, InfluxReply reply)
    {
        _bytes += 8;
        switch (value.Kind)
        {
            case MsgPackKind.Float64:
                var floats = field.Floats ??= (FixedColumn<double>)NewColumn(field.Name, ColumnType.Float64);
                floats.PadTo(row);
                floats.Append(BitConverter.Int64BitsToDouble(value.Bits));
                break;
            case MsgPackKind.Int64 when !field.IsUnsigned:
                var integers = field.Integers ??= (FixedColumn<long>)NewColumn(field.Name, ColumnType.Int64);
                integers.PadTo(row);
                integers.Append(value.Bits);
                break;
            case MsgPackKind.UInt64 or MsgPackKind.Int64 when value.Kind == MsgPackKind.UInt64 || value.Bits >= 0:
                var unsigned = field.Unsigned ??= (FixedColumn<ulong>)NewColumn(field.Name, ColumnType.UInt64);
                unsigned.PadTo(row);
                unsigned.Append((ulong)value.Bits);
                break;
            case MsgPackKind.Boolean:
                var truths = field.Booleans ??= (FixedColumn<bool>)NewColumn(field.Name, ColumnType.Boolean);
                truths.PadTo(row);
                truths.Append(value.Bits != 0);
                break;
            case MsgPackKind.Bytes:
                var texts = field.Texts ??= (BytesColumn)NewColumn(field.Name, ColumnType.String);
                texts.PadTo(row);
                texts.Append(reply.Bytes(value));
                _bytes += value.Length;
                break;
            default:
                throw Invalid($"has a value of kind {value.Kind} in field '{field.Name}'");
        }
    }

    private Column NewColumn(string name, ColumnType type) => _batch!.AddColumn(new ColumnSchema(name, ColumnRole.Value, type));

    private void StartRun()
    {
        if (_batch is null)
        {
            _batch = new Batch();
            _time = (FixedColumn<long>)_batch.AddColumn(TimeSchema);
        }
        var run = _batch.RunCount;
        for (var i = 0; i < _series.Count; i++)
        {
            // An absent tag and an empty one are the same to the server.
            if (_series[i].Value.Length == 0)
                continue;
            var key = _keys[i] ??= (BytesColumn)(_batch.FindColumn(_keySchemas[i]) ?? _batch.AddColumn(_keySchemas[i]));
            key.PadTo(run);
            key.Append(_series[i].Value);
            _bytes += _series[i].Value.Length + 4;
        }
    }

    private void EndRun()
    {
        if (_runRows > 0)
            _batch!.EndRun(_runRows);
        _runRows = 0;
    }

    private void MapColumns(string[] names)
    {
        if (names[0] != "time")
            throw Invalid("has rows that do not begin with a time");
        _columns = new FieldColumns[names.Length];
        for (var i = 1; i < names.Length; i++)
        {
            var name = mixed is null ? names[i] : mixed.FieldOf(i - 1);
            if (!_fields.TryGetValue(name, out var field))
                _fields.Add(name, field = new FieldColumns(name, unsignedFields.Contains(name)));
            if (mixed is null && Array.IndexOf(_columns, field) >= 0)
                throw Invalid($"has two columns '{name}'");
            _columns[i] = field;
        }
        _columnNames = names;
    }

    private void MapKeys(IReadOnlyList<(byte[] Name, byte[] Value)> tags)
    {
        var same = tags.Count == _series.Count;
        for (var i = 0; same && i < tags.Count; i++)
            same = tags[i].Name.AsSpan().SequenceEqual(_series[i].Name);
        if (same)
            return;
        _keySchemas.Clear();
        foreach (var (name, _) in tags)
            _keySchemas.Add(new ColumnSchema(Decode(name), ColumnRole.Key, ColumnType.String));
        _keys = new BytesColumn?[tags.Count];
    }

    private bool SameTags(IReadOnlyList<(byte[] Name, byte[] Value)> tags)
    {
        if (tags.Count != _series.Count)
            return false;
        for (var i = 0; i < tags.Count; i++)
        {
            if (!tags[i].Name.AsSpan().SequenceEqual(_series[i].Name) || !tags[i].Value.AsSpan().SequenceEqual(_series[i].Value))
                return false;
        }
        return true;
    }

    private string Decode(byte[] name) =>
        System.Text.Unicode.Utf8.IsValid(name) ? Encoding.UTF8.GetString(name) : throw Invalid("has a tag whose name is not UTF-8");

    private TsBackupException Invalid(string fact) =>
        new(ErrorId.StoreReplyInvalid, $"A reply of {target} about {slice.Table} {fact}.", target);

    private sealed class FieldColumns(string name, bool isUnsigned)
    {
        public string Name { get; } = name;

        public bool IsUnsigned { get; } = isUnsigned;

        public FixedColumn<double>? Floats { get; set; }

        public FixedColumn<long>? Integers { get; set; }

        public FixedColumn<ulong>? Unsigned { get; set; }

        public FixedColumn<bool>? Booleans { get; set; }

        public BytesColumn? Texts { get; set; }

        public void Clear()
        {
            Floats = null;
            Integers = null;
            Unsigned = null;
            Booleans = null;
            Texts = null;
        }
    }
}
