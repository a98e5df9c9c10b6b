using System.Text;

namespace TsBackup.Tablestore.Protocol.PlainBuffer;

/// <summary>A cell within the buffer it was read from.</summary>
/// <param name="NameStart">Where its name starts.</param>
/// <param name="NameLength">Bytes of its name.</param>
/// <param name="Type">Type of its value.</param>
/// <param name="Bits">Integer, bits of the double, or 0 and 1.</param>
/// <param name="ValueStart">Where the bytes of a string or blob start.</param>
/// <param name="ValueLength">How many there are.</param>
/// <param name="Version">Version in ms; <see cref="NoVersion"/> when it has none.</param>
/// <param name="Operation">What it does in a row change.</param>
internal readonly record struct PlainCell(
    int NameStart, int NameLength, PlainType Type, long Bits, int ValueStart, int ValueLength, long Version, CellOperation Operation)
{
    /// <summary>Stands for "no version".</summary>
    public const long NoVersion = long.MinValue;
}

/// <summary>
/// A row as <see cref="PlainBufferReader"/> fills it: reused from row to row, its cells point into the buffer that is read.
/// </summary>
internal sealed class PlainRow
{
    /// <summary>Primary key cells.</summary>
    public List<PlainCell> Keys { get; } = [];

    /// <summary>Attribute cells in the order of the wire.</summary>
    public List<PlainCell> Cells { get; } = [];

    /// <summary>True for the body of a DeleteRow.</summary>
    public bool IsDelete { get; set; }

    /// <summary>The buffer.</summary>
    public ReadOnlyMemory<byte> Buffer { get; set; }

    /// <summary>UTF-8 bytes of a cell's name.</summary>
    public ReadOnlySpan<byte> NameOf(in PlainCell cell) => Buffer.Span.Slice(cell.NameStart, cell.NameLength);

    /// <summary>A cell's name.</summary>
    public string NameTextOf(in PlainCell cell) => Encoding.UTF8.GetString(NameOf(cell));

    /// <summary>Bytes of a string or blob.</summary>
    public ReadOnlySpan<byte> BytesOf(in PlainCell cell) => Buffer.Span.Slice(cell.ValueStart, cell.ValueLength);

    /// <summary>A cell's value; its bytes are a view of the buffer.</summary>
    public PlainValue ValueOf(in PlainCell cell) => new(cell.Type, cell.Bits, Buffer.Slice(cell.ValueStart, cell.ValueLength));
}
