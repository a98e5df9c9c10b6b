using System.Runtime.InteropServices;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>
/// Sorts the rows of a slice by series and time and lays rows of equal series and time over each other, the later one counting.
/// When told to, it moves its rows to a temporary file as a sorted run; in the end the runs are merged.
/// </summary>
internal sealed class SliceSorter(ColumnNumbers columns) : IDisposable
{
    private const int MaxRunsOfLevel = 8;

    private readonly List<RowHead> _rows = [];
    private SortedCell[] _cells = [];
    private int _cellCount;
    private readonly List<SpillFile> _runs = [];
    private byte[] _text = [];
    private int _textLength;

    /// <summary>Temporary files, each of which is open and has a buffer.</summary>
    public int Runs => _runs.Count;

    /// <summary>Bytes held in memory.</summary>
    public long Bytes => (_rows.Count * 28L) + (_cellCount * 16L) + _textLength;

    /// <summary>True when no more fits in without spilling.</summary>
    public bool IsFull => _cellCount > 1 << 26 || _textLength > 1 << 29;

    /// <summary>Takes the point a parser stands on.</summary>
    public void Add(int series, LineProtocolParser parser)
    {
        var fields = parser.Fields;
        _rows.Add(new RowHead(series, fields.Length, parser.Time, _cellCount));
        if (_cellCount + fields.Length > _cells.Length)
            Array.Resize(ref _cells, Math.Max(_cellCount + fields.Length, Math.Max(256, _cells.Length * 2)));
        var cells = _cells.AsSpan(_cellCount, fields.Length);
        _cellCount += fields.Length;
        for (var i = 0; i < cells.Length; i++)
        {
            ref readonly var field = ref fields[i];
            var column = columns.Of(parser, field);
            cells[i] = field.Type == ColumnType.String
                ? AddText(column, parser.EscapedText(field))
                : new SortedCell(column, -1, field.Bits);
        }
    }

    /// <summary>Moves the rows held in memory to a temporary file.</summary>
    public void Spill()
    {
        if (_rows.Count == 0)
            return;
        var run = new SpillFile();
        _runs.Add(run);
        foreach (var row in InMemory())
            run.Write(row);
        _rows.Clear();
        _cellCount = 0;
        _textLength = 0;
        Gather();
    }

    /// <summary>All rows in order; the row object is the same every time.</summary>
    public IEnumerable<SortedRow> Rows()
    {
        if (_runs.Count == 0)
        {
            foreach (var row in InMemory())
                yield return row;
            yield break;
        }
        Spill();
        foreach (var row in Merge(_runs))
            yield return row;
    }

    public void Dispose()
    {
        foreach (var run in _runs)
            run.Dispose();
        _runs.Clear();
    }

    /// <summary>Makes one run of the youngest when they are many, so that their number grows with the logarithm of the rows.</summary>
    private void Gather()
    {
        for (var level = 0; _runs.Count(run => run.Level == level) == MaxRunsOfLevel; level++)
        {
            // Later runs have lower levels, so those of the lowest stand at the end.
            var parts = _runs.GetRange(_runs.Count - MaxRunsOfLevel, MaxRunsOfLevel);
            var gathered = new SpillFile { Level = level + 1 };
            _runs.Add(gathered);
            foreach (var row in Merge(parts))
                gathered.Write(row);
            _runs.RemoveRange(_runs.Count - 1 - MaxRunsOfLevel, MaxRunsOfLevel);
            parts.ForEach(part => part.Dispose());
        }
    }

    /// <summary>The rows of sorted runs in order, of which later ones count more; the row object is the same every time.</summary>
    private IEnumerable<SortedRow> Merge(List<SpillFile> runs)
    {
        var merged = new SortedRow();
        var heap = new PriorityQueue<SpillFile, (int Series, long Time, int Run)>(runs.Count);
        for (var i = 0; i < runs.Count; i++)
            Advance(heap, runs, i);
        while (heap.TryDequeue(out _, out var first))
        {
            Start(merged, runs[first.Run].Row);
            Advance(heap, runs, first.Run);
            while (heap.TryPeek(out var next, out var key) && key.Series == first.Series && key.Time == first.Time)
            {
                heap.Dequeue();
                merged.Merge(next.Row, columns);
                Advance(heap, runs, key.Run);
            }
            yield return merged;
        }
    }

    private static void Start(SortedRow target, SortedRow source)
    {
        target.Start(source.Series, source.Time);
        foreach (ref readonly var cell in source.Cells)
            target.Add(cell.Column, cell.Length, cell.Bits, source.TextOf(cell));
    }

    private static void Advance(PriorityQueue<SpillFile, (int, long, int)> heap, List<SpillFile> runs, int run)
    {
        if (runs[run].Read())
            heap.Enqueue(runs[run], (runs[run].Row.Series, runs[run].Row.Time, run));
    }

    private SortedCell AddText(int column, ReadOnlySpan<byte> text)
    {
        if (_textLength + text.Length > _text.Length)
            Array.Resize(ref _text, Math.Max(_textLength + text.Length, Math.Max(4096, _text.Length * 2)));
        text.CopyTo(_text.AsSpan(_textLength));
        var cell = new SortedCell(column, text.Length, _textLength);
        _textLength += text.Length;
        return cell;
    }

    private IEnumerable<SortedRow> InMemory()
    {
        var order = Order();
        var row = new SortedRow();
        var later = new SortedRow();
        for (var i = 0; i < order.Length;)
        {
            Load(order[i], row);
            for (i++; i < order.Length && _rows[order[i]].IsLaterOf(row); i++)
            {
                Load(order[i], later);
                row.Merge(later, columns);
            }
            yield return row;
        }
    }

    private void Load(int index, SortedRow row)
    {
        var head = _rows[index];
        row.Borrow(head.Series, head.Time, _cells.AsMemory(head.FirstCell, head.Cells), _text);
    }

    /// <summary>The rows by series, time and arrival: series are counted out, and times sorted only where they do not ascend.</summary>
    private int[] Order()
    {
        var rows = CollectionsMarshal.AsSpan(_rows);
        var order = new int[rows.Length];
        var series = NumberOfSeries(rows);
        if (series > 1024 + (4L * rows.Length))
        {
            for (var i = 0; i < order.Length; i++)
                order[i] = i;
            Array.Sort(order, (a, b) =>
            {
                var bySeries = _rows[a].Series.CompareTo(_rows[b].Series);
                return bySeries != 0 ? bySeries : CompareTimes(a, b);
            });
            return order;
        }
        var ends = new int[series + 1];
        foreach (ref readonly var row in rows)
            ends[row.Series + 1]++;
        for (var i = 1; i < ends.Length; i++)
            ends[i] += ends[i - 1];
        for (var i = 0; i < rows.Length; i++)
            order[ends[rows[i].Series]++] = i;
        for (var start = 0; start < order.Length;)
        {
            var end = ends[rows[order[start]].Series];
            SortByTime(rows, order.AsSpan(start, end - start));
            start = end;
        }
        return order;
    }

    private static int NumberOfSeries(ReadOnlySpan<RowHead> rows)
    {
        var last = -1;
        foreach (ref readonly var row in rows)
            last = Math.Max(last, row.Series);
        return last + 1;
    }

    private void SortByTime(ReadOnlySpan<RowHead> rows, Span<int> part)
    {
        for (var i = 1; i < part.Length; i++)
        {
            if (rows[part[i - 1]].Time <= rows[part[i]].Time)
                continue;
            part.Sort(CompareTimes);
            return;
        }
    }

    private int CompareTimes(int a, int b)
    {
        var byTime = _rows[a].Time.CompareTo(_rows[b].Time);
        return byTime != 0 ? byTime : a.CompareTo(b);
    }

    private readonly record struct RowHead(int Series, int Cells, long Time, int FirstCell)
    {
        public bool IsLaterOf(SortedRow row) => Series == row.Series && Time == row.Time;
    }
}
