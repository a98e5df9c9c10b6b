using TsBackup.Model;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>A row of a wide-column table on its way to the target, or a part of one that is too large for one write.</summary>
/// <param name="Slice">The slice it belongs to.</param>
/// <param name="Row">The change in PlainBuffer encoding.</param>
/// <param name="Type">Put replaces the row, update adds cells.</param>
/// <param name="Existence">What must be true of the row before.</param>
/// <param name="Rows">Rows of the batch in it.</param>
/// <param name="First">The part that must have been written before; null for the first.</param>
/// <param name="WantsKey">True when parts follow that need the key which the service makes for this one.</param>
internal sealed record RowPart(
    Slice Slice, ReadOnlyMemory<byte> Row, OperationType Type, RowExistence Existence, int Rows, RowPart? First, bool WantsKey = false)
{
    /// <summary>The key that the service made, in PlainBuffer encoding; empty until it is known.</summary>
    public ReadOnlyMemory<byte> MadeKey { get; set; }

    /// <summary>True once the target has refused it.</summary>
    public bool HasFailed { get; set; }

    /// <summary>The same change for the row with another key.</summary>
    public RowPart WithKey(ReadOnlyMemory<byte> key)
    {
        var keys = PlainBufferReader.ReadSingle(key)!;
        var row = PlainBufferReader.ReadSingle(Row)!;
        var writer = new PlainBufferWriter();
        writer.BeginRow();
        foreach (var cell in keys.Keys)
            writer.Key(keys.NameOf(cell), cell.Type, cell.Bits, keys.BytesOf(cell));
        foreach (var cell in row.Cells)
            writer.Cell(row.NameOf(cell), cell.Type, cell.Bits, row.BytesOf(cell), cell.Version, cell.Operation);
        writer.EndRow(row.IsDelete);
        return this with { Row = writer.ToArray() };
    }
}
