using System.Runtime.InteropServices;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>
/// Sorts the rows of a slice by series and time and lays rows of equal series and time over each other, the later one counting.
/// When told to, it moves its rows to a temporary file as a sorted run; in the end the runs are merged.
/// </summary>
internal sealed class SliceSorter(ColumnNumbers numbers) : IDisposable
{
    private readonly List<RowHead> _rows = [];
    private readonly List<SortedCell> _cells = [];
    private readonly List<SpillFile> _runs = [];
    private byte[] _text = [];
    private int _textLength;

    /// <summary>Bytes held in memory.</summary>
    public long Bytes => (_rows.Count * 32L) + (_cells.Count * 16L) + _textLength;

    /// <summary>True when no more fits in without spilling.</summary>
    public bool IsFull => _cells.Count > 1 << 26 || _textLength > 1 << 29;

    /// <summary>Takes the point a parser stands on.</summary>
    public void Add(int series, LineProtocolParser parser)
    {
        _rows.Add(new RowHead(series, _rows.Count, parser.Time, _cells.Count, parser.Fields.Length));
        foreach (ref readonly var field in parser.Fields)
        {
            var column = numbers.Of(parser, field);
            if (field.Type != ColumnType.String)
            {
                _cells.Add(new SortedCell(column, -1, field.Bits));
                continue;
            }
            var text = parser.EscapedText(field);
            if (_textLength + text.Length > _text.Length)
                Array.Resize(ref _text, Math.Max(_textLength + text.Length, Math.Max(4096, _text.Length * 2)));
            text.CopyTo(_text.AsSpan(_textLength));
            _cells.Add(new SortedCell(column, text.Length, _textLength));
            _textLength += text.Length;
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
        _cells.Clear();
        _textLength = 0;
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
        var merged = new SortedRow();
        var heap = new PriorityQueue<SpillFile, (int Series, long Time, int Run)>(_runs.Count);
        for (var i = 0; i < _runs.Count; i++)
            Advance(heap, i);
        while (heap.TryDequeue(out _, out var first))
        {
            Start(merged, _runs[first.Run].Row);
            Advance(heap, first.Run);
            while (heap.TryPeek(out var next, out var key) && key.Series == first.Series && key.Time == first.Time)
            {
                heap.Dequeue();
                merged.Merge(next.Row, numbers);
                Advance(heap, key.Run);
            }
            yield return merged;
        }
    }

    public void Dispose()
    {
        foreach (var run in _runs)
            run.Dispose();
        _runs.Clear();
    }

    private static void Start(SortedRow target, SortedRow source)
    {
        target.Start(source.Series, source.Time);
        foreach (ref readonly var cell in source.Cells)
            target.Add(cell.Column, cell.Length, cell.Bits, source.TextOf(cell));
    }

    private void Advance(PriorityQueue<SpillFile, (int, long, int)> heap, int run)
    {
        if (_runs[run].Read())
            heap.Enqueue(_runs[run], (_runs[run].Row.Series, _runs[run].Row.Time, run));
    }

    private IEnumerable<SortedRow> InMemory()
    {
        Order();
        var row = new SortedRow();
        var later = new SortedRow();
        for (var i = 0; i < _rows.Count;)
        {
            Load(_rows[i], row);
            for (i++; i < _rows.Count && _rows[i].Series == row.Series && _rows[i].Time == row.Time; i++)
            {
                Load(_rows[i], later);
                row.Merge(later, numbers);
            }
            yield return row;
        }
    }

    private void Load(in RowHead head, SortedRow row)
    {
        row.Start(head.Series, head.Time);
        foreach (ref readonly var cell in CollectionsMarshal.AsSpan(_cells).Slice(head.FirstCell, head.Cells))
        {
            var text = cell.Length < 0 ? default : _text.AsSpan((int)cell.Bits, cell.Length);
            row.Add(cell.Column, cell.Length, cell.Bits, text);
        }
    }

    private void Order()
    {
        var rows = CollectionsMarshal.AsSpan(_rows);
        for (var i = 1; i < rows.Length; i++)
        {
            if (rows[i - 1].CompareTo(rows[i]) > 0)
            {
                rows.Sort();
                return;
            }
        }
    }

    private readonly record struct RowHead(int Series, int Arrival, long Time, int FirstCell, int Cells) : IComparable<RowHead>
    {
        public int CompareTo(RowHead other)
        {
            if (Series != other.Series)
                return Series < other.Series ? -1 : 1;
            if (Time != other.Time)
                return Time < other.Time ? -1 : 1;
            return Arrival.CompareTo(other.Arrival);
        }
    }
}
