using System.Buffers;

namespace TsBackup.Model;

/// <summary>
/// Rows of one slice in memory, column by column.
/// <para>
/// Rows come in <b>runs</b>: a run is a stretch of rows of one key tuple (a series). Key columns have one slot per run, the time
/// column and value columns one slot per row, so that tags cost nothing per row. Within a slice, all rows of a key tuple come one
/// after another (over batch borders too) and in ascending order of time, without two rows of one time; key tuples come in any order.
/// A batch whose <see cref="RowsAreTuples"/> is true belongs to a store without series (a Druid datasource, a wide-column table):
/// there every row is a run of its own and equal rows may repeat.
/// </para>
/// <para>
/// How other stores pass through: a Druid row is one run with dimensions as key columns (multi-value dimensions as StringList,
/// order kept), <c>__time</c> as the time column, metrics as value columns and sketches as Binary; the slice's partition is the
/// segment id with its version. A Tablestore cell is one row whose key is (primary key columns, column name), whose time is the
/// cell's version and whose value sits in the value column of its type, the other value columns being null; a row of such a table
/// that has no cells is a row with no column name and no value.
/// </para>
/// <para>Not thread-safe while it is filled; safe to read from several threads once sealed. The owner disposes it.</para>
/// </summary>
public sealed class Batch : IDisposable
{
    private readonly List<Column> _columns = [];
    private int[] _runEnds = [];
    private int _runCount;

    /// <summary>Makes an empty batch.</summary>
    /// <param name="rowsAreTuples">True for a store without series.</param>
    public Batch(bool rowsAreTuples = false) => RowsAreTuples = rowsAreTuples;

    /// <summary>True when every row is a run (key tuple) of its own.</summary>
    public bool RowsAreTuples { get; }

    /// <summary>All columns in the order they were added.</summary>
    public IReadOnlyList<Column> Columns => _columns;

    /// <summary>The time column; null for a table without time.</summary>
    public FixedColumn<long>? Time { get; private set; }

    /// <summary>Number of rows.</summary>
    public int RowCount { get; private set; }

    /// <summary>Number of runs.</summary>
    public int RunCount => RowsAreTuples ? RowCount : _runCount;

    /// <summary>Row index after the last row of each run; empty when <see cref="RowsAreTuples"/>.</summary>
    public ReadOnlySpan<int> RunEnds => _runEnds.AsSpan(0, RowsAreTuples ? 0 : _runCount);

    /// <summary>True once <see cref="Seal"/> was called.</summary>
    public bool IsSealed { get; private set; }

    /// <summary>Number of present cells in value columns ("points").</summary>
    public long PointCount
    {
        get
        {
            long points = 0;
            foreach (var column in _columns)
            {
                if (column.Schema.Role == ColumnRole.Value)
                    points += column.Count - column.NullCount;
            }
            return points;
        }
    }

    /// <summary>Bytes the values take in memory, about.</summary>
    public long ByteSize
    {
        get
        {
            long size = 4L * _runCount;
            foreach (var column in _columns)
                size += column.ByteSize;
            return size;
        }
    }

    /// <summary>Adds a column; rows that are there already are null in it.</summary>
    /// <param name="schema">Its schema.</param>
    /// <param name="capacity">Slots that will likely be needed; a column of fixed-size values makes room for them at once.</param>
    /// <exception cref="ArgumentException">The batch has that column, or a second time column is added.</exception>
    public Column AddColumn(ColumnSchema schema, int capacity = 0)
    {
        var column = AddEmptyColumn(schema, capacity);
        column.PadTo(SlotsOf(column));
        return column;
    }

    /// <summary>Adds a column without slots, for a decoder that knows the runs before it reads columns.</summary>
    internal Column AddEmptyColumn(ColumnSchema schema, int capacity = 0)
    {
        if (FindColumn(schema) is not null)
            throw new ArgumentException($"The batch has a column '{schema.Name}' of that role and type already.", nameof(schema));
        Column column = schema.Type switch
        {
            ColumnType.Timestamp or ColumnType.Int64 => new FixedColumn<long>(schema, capacity),
            ColumnType.UInt64 => new FixedColumn<ulong>(schema, capacity),
            ColumnType.Float64 => new FixedColumn<double>(schema, capacity),
            ColumnType.Float32 => new FixedColumn<float>(schema, capacity),
            ColumnType.Boolean => new FixedColumn<bool>(schema, capacity),
            ColumnType.String or ColumnType.Binary => new BytesColumn(schema),
            ColumnType.StringList => new ListColumn(schema),
            _ => throw new ArgumentException($"{schema.Type} is no column type.", nameof(schema)),
        };
        if (schema.Role == ColumnRole.Time)
        {
            if (Time is not null || column is not FixedColumn<long> time || schema.Type != ColumnType.Timestamp)
                throw new ArgumentException("A batch has at most one time column, of type Timestamp.", nameof(schema));
            Time = time;
        }
        _columns.Add(column);
        return column;
    }

    /// <summary>The column of that name, role and type; null when there is none.</summary>
    public Column? FindColumn(ColumnSchema schema)
    {
        foreach (var column in _columns)
        {
            if (column.Schema == schema)
                return column;
        }
        return null;
    }

    /// <summary>Index of the first row of a run.</summary>
    public int RunStart(int run) => RowsAreTuples ? run : run == 0 ? 0 : _runEnds[run - 1];

    /// <summary>Index after the last row of a run.</summary>
    public int RunEnd(int run) => RowsAreTuples ? run + 1 : _runEnds[run];

    /// <summary>
    /// Ends a run of <paramref name="rows"/> rows: its key values and the rows' times and values have been appended; columns that got
    /// fewer are filled up with nulls.
    /// </summary>
    public void EndRun(int rows)
    {
        EndRunUnfilled(rows);
        foreach (var column in _columns)
            column.PadTo(SlotsOf(column));
    }

    /// <summary>
    /// As <see cref="EndRun"/>, but short columns stay short: the caller fills a column up before it appends to it, and
    /// <see cref="Seal"/> fills up the rest. For batches of very many short runs with many columns, most of them null.
    /// </summary>
    internal void EndRunUnfilled(int rows)
    {
        if (rows <= 0)
            throw new ArgumentOutOfRangeException(nameof(rows), "A run has at least one row.");
        if (RowsAreTuples && rows != 1)
            throw new ArgumentOutOfRangeException(nameof(rows), "In a batch without series a run has one row.");
        RowCount = checked(RowCount + rows);
        if (!RowsAreTuples)
            AddRunEnd();
    }

    /// <summary>
    /// Finishes the batch: fills short columns up with nulls. Afterwards it does not change.
    /// </summary>
    /// <exception cref="InvalidOperationException">A column has more slots than rows (or runs), or the time column has nulls.</exception>
    public Batch Seal()
    {
        foreach (var column in _columns)
        {
            var expected = SlotsOf(column);
            if (column.Count > expected)
                throw new InvalidOperationException(
                    $"Column '{column.Schema.Name}' has {column.Count} slots where {expected} were expected.");
            column.PadTo(expected);
        }
        if (Time is { NullCount: > 0 })
            throw new InvalidOperationException("A row has no time.");
        IsSealed = true;
        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var column in _columns)
            column.Dispose();
        _columns.Clear();
        Time = null;
        if (_runEnds.Length > 0)
            ArrayPool<int>.Shared.Return(_runEnds);
        _runEnds = [];
        _runCount = 0;
        RowCount = 0;
    }

    private int SlotsOf(Column column) => column.Schema.Role == ColumnRole.Key ? RunCount : RowCount;

    private void AddRunEnd()
    {
        if (_runCount == _runEnds.Length)
        {
            var larger = ArrayPool<int>.Shared.Rent(Math.Max(16, _runCount * 2));
            _runEnds.AsSpan(0, _runCount).CopyTo(larger);
            if (_runEnds.Length > 0)
                ArrayPool<int>.Shared.Return(_runEnds);
            _runEnds = larger;
        }
        _runEnds[_runCount++] = RowCount;
    }
}
