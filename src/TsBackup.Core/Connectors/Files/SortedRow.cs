using System.Buffers;
using System.Runtime.InteropServices;

namespace TsBackup.Connectors.Files;

/// <summary>A value of a row to be sorted. Texts lie in a buffer of their own, still escaped as they stand in the file.</summary>
/// <param name="Column">Number of the column.</param>
/// <param name="Length">Length of a text; −1 for other values.</param>
/// <param name="Bits">The value's bits, or where the text starts in the buffer.</param>
internal readonly record struct SortedCell(int Column, int Length, long Bits);

/// <summary>A row taken out of a sorter. Its values lie where the sorter has them, until another row is laid over it.</summary>
internal sealed class SortedRow
{
    private readonly List<SortedCell> _cells = [];
    private readonly ArrayBufferWriter<byte> _text = new();
    private ReadOnlyMemory<SortedCell> _borrowed;
    private byte[]? _borrowedText;

    public int Series { get; private set; }

    public long Time { get; private set; }

    public ReadOnlySpan<SortedCell> Cells => _borrowedText is null ? CollectionsMarshal.AsSpan(_cells) : _borrowed.Span;

    public void Start(int series, long time)
    {
        Series = series;
        Time = time;
        _borrowedText = null;
        _cells.Clear();
        _text.ResetWrittenCount();
    }

    /// <summary>Becomes a row whose values lie elsewhere and stay there until the next row is taken.</summary>
    public void Borrow(int series, long time, ReadOnlyMemory<SortedCell> cells, byte[] text)
    {
        Series = series;
        Time = time;
        _borrowed = cells;
        _borrowedText = text;
    }

    public void Add(int column, int length, long bits, ReadOnlySpan<byte> text)
    {
        if (length < 0)
        {
            _cells.Add(new SortedCell(column, length, bits));
            return;
        }
        _cells.Add(new SortedCell(column, length, _text.WrittenCount));
        _text.Write(text);
    }

    public ReadOnlySpan<byte> TextOf(in SortedCell cell) =>
        cell.Length < 0 ? default : (_borrowedText ?? _text.WrittenSpan).Slice((int)cell.Bits, cell.Length);

    /// <summary>Lays a later row of the same series and time over this one: its fields replace those of the same name.</summary>
    public void Merge(SortedRow later, ColumnNumbers numbers)
    {
        Own();
        foreach (ref readonly var cell in later.Cells)
        {
            var column = cell.Column;
            var at = _cells.FindIndex(mine => numbers.HaveOneName(mine.Column, column));
            if (at >= 0)
                _cells.RemoveAt(at);
            Add(cell.Column, cell.Length, cell.Bits, later.TextOf(cell));
        }
    }

    private void Own()
    {
        if (_borrowedText is not { } text)
            return;
        var cells = _borrowed.Span;
        Start(Series, Time);
        foreach (ref readonly var cell in cells)
            Add(cell.Column, cell.Length, cell.Bits, cell.Length < 0 ? default : text.AsSpan((int)cell.Bits, cell.Length));
    }

    public void AppendTo(BatchBuilder builder)
    {
        builder.AddRow(Time);
        foreach (ref readonly var cell in Cells)
        {
            if (cell.Length < 0)
                builder.Add(cell.Column, cell.Bits);
            else
                LineProtocol.LineProtocolParser.AppendText(TextOf(cell), builder.TextColumn(cell.Column, cell.Length));
        }
    }
}
