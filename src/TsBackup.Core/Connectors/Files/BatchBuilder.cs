using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>Fills batches of one slice row by row; rows of a series come one after another, its times ascending.</summary>
internal sealed class BatchBuilder(ColumnNumbers numbers) : IDisposable
{
    private static readonly ColumnSchema TimeSchema = new("time", ColumnRole.Time, ColumnType.Timestamp);

    private readonly Dictionary<string, BytesColumn> _keys = new(StringComparer.Ordinal);
    private Column?[] _columns = [];
    private Batch? _batch;
    private LineSeries? _series;
    private bool _seriesIsOpen;
    private int _rows;
    private int _runRows;

    /// <summary>Bytes of the values in the batch, about.</summary>
    public long Bytes { get; private set; }

    /// <summary>True when the batch is large enough to be handed on.</summary>
    public bool IsFull =>
        _rows >= BatchLimits.MaxRows || Bytes >= BatchLimits.MaxBytes || (_batch is not null && BatchLimits.IsWide(_batch, _rows));

    /// <summary>Says whose rows follow.</summary>
    public void ChangeSeries(ReadOnlySpan<byte> series)
    {
        CloseRun();
        _series = LineSeries.Parse(series);
        _seriesIsOpen = false;
    }

    /// <summary>Begins a row.</summary>
    public void AddRow(long time)
    {
        if (!_seriesIsOpen)
            OpenRun();
        _batch!.Time!.Append(time);
        _rows++;
        _runRows++;
        Bytes += 8;
    }

    /// <summary>Adds a value that is no text to the row.</summary>
    public void Add(int column, long bits)
    {
        switch (ColumnOf(column))
        {
            case FixedColumn<double> c:
                c.Append(BitConverter.Int64BitsToDouble(bits));
                break;
            case FixedColumn<long> c:
                c.Append(bits);
                break;
            case FixedColumn<ulong> c:
                c.Append((ulong)bits);
                break;
            case FixedColumn<bool> c:
                c.Append(bits != 0);
                break;
        }
        Bytes += 8;
    }

    /// <summary>The column to append a text to.</summary>
    /// <param name="column">Its number.</param>
    /// <param name="length">Length of the text.</param>
    public BytesColumn TextColumn(int column, int length)
    {
        Bytes += length + 4;
        return (BytesColumn)ColumnOf(column);
    }

    /// <summary>Hands the batch over; null when it has no rows. The series stays the current one.</summary>
    public Batch? Take()
    {
        if (_rows == 0)
            return null;
        CloseRun();
        var batch = _batch!.Seal();
        _batch = null;
        _keys.Clear();
        _columns.AsSpan().Clear();
        _rows = 0;
        Bytes = 0;
        _seriesIsOpen = false;
        return batch;
    }

    public void Dispose() => _batch?.Dispose();

    private Column ColumnOf(int number)
    {
        if (number >= _columns.Length)
            Array.Resize(ref _columns, Math.Max(number + 8, _columns.Length * 2));
        var column = _columns[number] ??= _batch!.AddColumn(numbers.SchemaOf(number));
        if (column.Count < _rows - 1)
        {
            Bytes += 8L * (_rows - 1 - column.Count);
            column.PadTo(_rows - 1);
        }
        return column;
    }

    private void OpenRun()
    {
        if (_batch is null)
        {
            _batch = new Batch();
            _batch.AddColumn(TimeSchema);
        }
        var run = _batch.RunCount;
        foreach (var (name, value) in _series!.Tags)
        {
            if (!_keys.TryGetValue(name, out var column))
            {
                column = (BytesColumn)_batch.AddColumn(new ColumnSchema(name, ColumnRole.Key, ColumnType.String));
                _keys.Add(name, column);
            }
            column.PadTo(run);
            column.Append(value);
            Bytes += value.Length + 4;
        }
        _seriesIsOpen = true;
    }

    private void CloseRun()
    {
        if (_runRows > 0)
            _batch!.EndRun(_runRows);
        _runRows = 0;
    }
}
