using System.Buffers;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// Puts the rows of a slice's series into batches: tags as key columns, fields as value columns, a series as a run. A column is added
/// to a batch when the first series needs it.
/// </summary>
internal sealed class TableBatches(Slice slice) : IDisposable
{
    private static readonly ColumnSchema TimeSchema = new("time", ColumnRole.Time, ColumnType.Timestamp);

    private readonly List<Slot> _tags = [];
    private readonly List<Slot> _fields = [];
    private readonly List<(Slot Tag, int Start, int Length)> _series = [];
    private readonly ArrayBufferWriter<byte> _tagValues = new();
    private readonly List<Slot> _seriesFields = [];
    private Batch? _batch;
    private FixedColumn<long> _time = null!;
    private int _generation;
    private int _runRows;
    private int _expected;

    public Slice Slice => slice;

    /// <summary>Starts a series; the run of the one before is closed.</summary>
    public void StartSeries(ReadOnlySpan<byte> tags, SeriesMerge merge)
    {
        EndRun();
        _series.Clear();
        _tagValues.ResetWrittenCount();
        _seriesFields.Clear();
        var hint = 0;
        while (SeriesKey.NextTag(ref tags, out var name, out var value))
        {
            var slot = Find(_tags, name, ColumnType.String, ref hint, escaped: true);
            if (!value.IsEmpty && !IsTagged(slot))
                _series.Add((slot, _tagValues.WrittenCount, LineProtocolSyntax.UnescapeTag(value, _tagValues)));
        }
        hint = 0;
        for (var i = 0; i < merge.FieldCount; i++)
            _seriesFields.Add(Find(_fields, merge.Field(i).Name, merge.Field(i).Type.ToColumnType(), ref hint, escaped: false));
    }

    /// <summary>Rows that still fit into the batch, with all fields of the series; an empty batch has room for one in any case.</summary>
    public int Room
    {
        get
        {
            var most = (int)Math.Min(BatchLimits.MaxRows, BatchLimits.MaxSlots / (Columns + _seriesFields.Count + 1));
            return _batch is null ? Math.Max(1, most) : most - _batch.RowCount - _runRows;
        }
    }

    private int Columns => _batch?.Columns.Count ?? 0;

    /// <summary>Appends times of rows of the current series; their values follow by the columns of its fields.</summary>
    public void AppendTimes(ReadOnlySpan<long> times)
    {
        if (_runRows == 0)
            StartRun();
        _time.Append(times);
        _runRows += times.Length;
    }

    /// <summary>The column of a field of the series, filled up to the row before the last <paramref name="rows"/>.</summary>
    public Column Column(int field, int rows)
    {
        var column = Column(_seriesFields[field], ColumnRole.Value);
        column.PadTo(_time.Count - rows);
        return column;
    }

    /// <summary>
    /// The batch when it is full for the current series, or <paramref name="all"/> is asked for; a series that goes on is continued in
    /// the next.
    /// </summary>
    public Batch? Flush(bool all)
    {
        if (_batch is null || (!all && Room > 0 && Columns < BatchLimits.MaxColumns && _batch.ByteSize < BatchLimits.MaxBytes))
            return null;
        EndRun();
        var batch = _batch;
        _batch = null;
        _expected = batch.RowCount;
        if (batch.RowCount > 0)
            return batch.Seal();
        batch.Dispose();
        return null;
    }

    public void Dispose() => _batch?.Dispose();

    private void StartRun()
    {
        if (_batch is null)
        {
            _batch = new Batch();
            _time = (FixedColumn<long>)_batch.AddColumn(TimeSchema, _expected);
            _generation++;
        }
        foreach (var (tag, start, length) in _series)
        {
            var column = (BytesColumn)Column(tag, ColumnRole.Key);
            column.PadTo(_batch.RunCount);
            column.Append(_tagValues.WrittenSpan.Slice(start, length));
        }
    }

    private bool IsTagged(Slot slot)
    {
        foreach (var (tag, _, _) in _series)
        {
            if (tag == slot)
                return true;
        }
        return false;
    }

    private void EndRun()
    {
        if (_runRows > 0)
            _batch!.EndRun(_runRows);
        _runRows = 0;
    }

    private Column Column(Slot slot, ColumnRole role)
    {
        if (slot.Generation != _generation)
        {
            slot.Column = _batch!.AddColumn(new ColumnSchema(slot.Text, role, slot.Type), role == ColumnRole.Key ? 0 : _expected);
            slot.Generation = _generation;
        }
        return slot.Column!;
    }

    private static Slot Find(List<Slot> slots, ReadOnlySpan<byte> name, ColumnType type, ref int hint, bool escaped)
    {
        // Names of a series come in order, so the next slot is nearly always the right one.
        for (var i = 0; i < slots.Count; i++)
        {
            var at = hint + i < slots.Count ? hint + i : hint + i - slots.Count;
            if (slots[at].Type == type && name.SequenceEqual(slots[at].Name))
            {
                hint = at + 1 < slots.Count ? at + 1 : 0;
                return slots[at];
            }
        }
        var text = SeriesKey.Text(escaped ? LineProtocolSyntax.UnescapeTag(name) : name);
        var slot = new Slot(name.ToArray(), text, type);
        slots.Insert(Math.Min(hint, slots.Count), slot);
        hint = Math.Min(hint + 1, slots.Count - 1);
        return slot;
    }

    private sealed class Slot(byte[] name, string text, ColumnType type)
    {
        public byte[] Name { get; } = name;

        public string Text { get; } = text;

        public ColumnType Type { get; } = type;

        public Column? Column { get; set; }

        public int Generation { get; set; }
    }
}
