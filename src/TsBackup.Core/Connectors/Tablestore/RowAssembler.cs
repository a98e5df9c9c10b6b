using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// Puts the cells of batches together to rows again. All cells of a primary key come one after another, over the borders of batches
/// too, so one row is open at a time. Rows beyond the limits of one write come out in parts.
/// </summary>
internal sealed class RowAssembler(WideTarget target, Slice slice, WriteLedger ledger)
{
    private const int MaxCells = 1024;
    private const int MaxBytes = 3 << 20;
    private readonly PlainBufferWriter _row = new();
    private readonly List<Column> _keys = [];
    private readonly List<Column> _values = [];
    private PlainValue[] _openKey = [];
    private RowPart? _first;
    private bool _isOpen;
    private int _cells;
    private int _rows;

    /// <summary>Takes a batch and returns the parts that are complete.</summary>
    /// <exception cref="TsBackupException">CapabilityMissing when the batch does not come from such a table.</exception>
    public IEnumerable<RowPart> Add(Batch batch)
    {
        Bind(batch, out var names, out var times);
        for (var run = 0; run < batch.RunCount; run++)
        {
            if (run == 0 || !SameKey(run - 1, run))
            {
                var key = KeyOf(run);
                if (!_isOpen || !key.AsSpan().SequenceEqual(_openKey))
                {
                    if (Finish() is { } done)
                        yield return done;
                    Open(key, first: null);
                }
            }
            for (var row = batch.RunStart(run); row < batch.RunEnd(run); row++)
            {
                if (!names.IsValid(run))
                {
                    _rows++;
                    continue;
                }
                if (AddCell(names, run, times.Values[row], row) is { } full)
                    yield return full;
            }
        }
    }

    /// <summary>Ends the open row.</summary>
    public RowPart? Finish()
    {
        if (!_isOpen)
            return null;
        _isOpen = false;
        return _rows == 0 ? null : Close(continues: false);
    }

    private void Bind(Batch batch, out BytesColumn names, out FixedColumn<long> times)
    {
        _keys.Clear();
        foreach (var key in target.Keys)
        {
            _keys.Add(batch.FindColumn(TableColumns.OfKey(key)) ?? throw new TsBackupException(
                ErrorId.CapabilityMissing,
                $"The rows of '{slice.Table}' have no key column '{key.Name}' of type {key.Type}, which table '{target.Table}' has.",
                target.Table,
                "Restore into a table with the same primary key."));
        }
        names = batch.FindColumn(TableColumns.Column) as BytesColumn ?? throw Foreign();
        times = batch.Time ?? throw Foreign();
        _values.Clear();
        _values.AddRange(batch.Columns.Where(c => c.Schema.Role == ColumnRole.Value));
    }

    private TsBackupException Foreign() => new(
        ErrorId.CapabilityMissing,
        $"The rows of '{slice.Table}' do not come from a wide-column table and cannot be written into one.",
        target.Table);

    private bool SameKey(int a, int b)
    {
        foreach (var key in _keys)
        {
            var same = key is FixedColumn<long> integers
                ? integers.Values[a] == integers.Values[b]
                : ((BytesColumn)key)[a].SequenceEqual(((BytesColumn)key)[b]);
            if (!same)
                return false;
        }
        return true;
    }

    private PlainValue[] KeyOf(int run)
    {
        var values = new PlainValue[_keys.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = TableColumns.ValueAt(_keys[i], run);
        return values;
    }

    private void Open(PlainValue[] key, RowPart? first)
    {
        _openKey = key;
        _first = first;
        _isOpen = true;
        _cells = 0;
        _rows = 0;
        _row.Clear();
        _row.BeginRow();
        for (var i = 0; i < key.Length; i++)
            _row.Key(target.Keys[i].Name!, i == target.GeneratedKey ? PlainValue.AutoIncrement : key[i]);
    }

    private RowPart? AddCell(BytesColumn names, int run, long time, int row)
    {
        Column? value = null;
        foreach (var column in _values)
        {
            if (column.IsValid(row))
                value = column;
        }
        if (value is null || time < 0 || time % TableColumns.NanosPerMilli != 0)
        {
            ledger.Failed(
                slice,
                1,
                nameof(ErrorId.ColumnTypeUnsupported),
                "A cell has no value, or its version is not a whole millisecond since 1970.");
            return null;
        }
        var bytes = value as BytesColumn;
        var type = TypeOf(value.Schema.Type);
        var size = PlainBufferWriter.SizeOfCell(names[run].Length, type, bytes is null ? 0 : bytes[row].Length);
        RowPart? full = null;
        if (_cells == MaxCells || (_cells > 0 && _row.Length + size > MaxBytes))
        {
            full = Close(continues: true);
            Open(_openKey, _first ?? full);
        }
        var bits = value switch
        {
            FixedColumn<long> c => c.Values[row],
            FixedColumn<double> c => BitConverter.DoubleToInt64Bits(c.Values[row]),
            FixedColumn<bool> c => c.Values[row] ? 1 : 0,
            _ => 0,
        };
        _row.Cell(names[run], type, bits, bytes is null ? default : bytes[row], time / TableColumns.NanosPerMilli);
        _cells++;
        _rows++;
        return full;
    }

    private RowPart Close(bool continues)
    {
        _row.EndRow();
        var type = target.Merges || _first is not null ? OperationType.Update : OperationType.Put;
        var existence = RowExistence.Ignore;
        if (target.Merges && _cells == 0)
        {
            // A row without cells cannot be updated, and putting it would empty a row that is there.
            type = OperationType.Put;
            existence = RowExistence.ExpectNotExist;
        }
        var wantsKey = continues && _first is null && target.GeneratedKey >= 0;
        return new RowPart(slice, _row.ToArray(), type, existence, _rows, _first, wantsKey);
    }

    private static PlainType TypeOf(ColumnType type) => type switch
    {
        ColumnType.Int64 => PlainType.Integer,
        ColumnType.Float64 => PlainType.Double,
        ColumnType.Boolean => PlainType.Boolean,
        ColumnType.String => PlainType.String,
        _ => PlainType.Blob,
    };
}
