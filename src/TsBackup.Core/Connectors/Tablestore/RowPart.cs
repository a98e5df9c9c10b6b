using TsBackup.Model;
using TsBackup.Tablestore.Protocol.Messages;

namespace TsBackup.Connectors.Tablestore;

/// <summary>A row of a wide-column table on its way to the target, or a part of one that is too large for one write.</summary>
/// <param name="Slice">The slice it belongs to.</param>
/// <param name="Row">The change in PlainBuffer encoding.</param>
/// <param name="Type">Put replaces the row, update adds cells.</param>
/// <param name="Existence">What must be true of the row before.</param>
/// <param name="Rows">Rows of the batch in it.</param>
/// <param name="First">The part that must have been written before; null for the first.</param>
internal sealed record RowPart(
    Slice Slice, ReadOnlyMemory<byte> Row, OperationType Type, RowExistence Existence, int Rows, RowPart? First)
{
    /// <summary>True once the target has refused it.</summary>
    public bool HasFailed { get; set; }
}
