using TsBackup.Model;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>Collects rows of a wide-column table as a batch: one run per cell, its versions from old to new.</summary>
internal sealed class CellBatchBuilder
{
    // What a slot and a version with its value take, about; asking the columns after every row would cost more.
    private const int SlotBytes = 8;
    private const int ValueBytes = 16;
    private readonly IReadOnlyList<PrimaryKeySchema> _schema;
    private readonly Column?[] _values = new Column?[256];
    private readonly List<PlainCell> _sorted = [];
    private Batch _batch = null!;
    private Column[] _keys = [];
    private BytesColumn _column = null!;
    private FixedColumn<long> _version = null!;
    private long _bytes;

    /// <summary>Starts with an empty batch.</summary>
    public CellBatchBuilder(IReadOnlyList<PrimaryKeySchema> schema)
    {
        _schema = schema;
        Start();
    }

    /// <summary>True when the batch has the size that batches have.</summary>
    public bool IsFull => _batch.RowCount >= BatchLimits.MaxRows || _bytes >= BatchLimits.MaxBytes;

    /// <summary>Rows so far.</summary>
    public int RowCount => _batch.RowCount;

    /// <summary>Hands over the batch and starts the next.</summary>
    public Batch Take()
    {
        var full = _batch.Seal();
        Start();
        return full;
    }

    /// <summary>Gives up what was collected.</summary>
    public void Discard() => _batch.Dispose();

    /// <summary>Adds a row without cells.</summary>
    public void AddEmpty(PlainRow row)
    {
        AddKeys(row);
        _version.Append(0);
        _batch.EndRunUnfilled(1);
    }

    /// <summary>Adds a row's cells. The buffer of the row may be reused afterwards.</summary>
    /// <exception cref="OverflowException">A version is beyond what nanoseconds can say.</exception>
    public void Add(PlainRow row)
    {
        var cells = Ordered(row);
        for (var start = 0; start < cells.Count;)
        {
            var name = row.NameOf(cells[start]);
            var end = start + 1;
            while (end < cells.Count && row.NameOf(cells[end]).SequenceEqual(name))
                end++;
            AddKeys(row);
            _column.PadTo(_batch.RunCount);
            _column.Append(name);
            _bytes += SlotBytes + name.Length;
            // The service hands out the newest version first.
            for (var i = end - 1; i >= start; i--)
                AddValue(row, cells[i], _batch.RowCount + (end - 1 - i));
            _batch.EndRunUnfilled(end - start);
            start = end;
        }
    }

    private void AddKeys(PlainRow row)
    {
        for (var i = 0; i < _keys.Length; i++)
        {
            var cell = row.Keys[i];
            if (_keys[i] is FixedColumn<long> integers)
                integers.Append(cell.Bits);
            else
                ((BytesColumn)_keys[i]).Append(row.BytesOf(cell));
            _bytes += SlotBytes + cell.ValueLength;
        }
    }

    private void AddValue(PlainRow row, in PlainCell cell, int at)
    {
        _bytes += ValueBytes + cell.ValueLength;
        _version.Append(checked(cell.Version * TableColumns.NanosPerMilli));
        var column = _values[(int)cell.Type] ??= _batch.AddColumn(TableColumns.OfValue(cell.Type));
        column.PadTo(at);
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

    private List<PlainCell> Ordered(PlainRow row)
    {
        var cells = row.Cells;
        for (var i = 1; i < cells.Count; i++)
        {
            if (Compare(row, cells[i - 1], cells[i]) < 0)
                continue;
            _sorted.Clear();
            _sorted.AddRange(cells);
            _sorted.Sort((a, b) => Compare(row, a, b));
            return _sorted;
        }
        return cells;
    }

    private static int Compare(PlainRow row, in PlainCell a, in PlainCell b)
    {
        var byName = row.NameOf(a).SequenceCompareTo(row.NameOf(b));
        return byName != 0 ? byName : b.Version.CompareTo(a.Version);
    }

    private void Start()
    {
        _batch = new Batch();
        _keys = [.. _schema.Select(k => _batch.AddColumn(TableColumns.OfKey(k)))];
        _column = (BytesColumn)_batch.AddColumn(TableColumns.Column);
        _version = (FixedColumn<long>)_batch.AddColumn(TableColumns.Version);
        Array.Clear(_values);
        _bytes = 0;
    }
}
