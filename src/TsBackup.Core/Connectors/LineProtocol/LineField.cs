using TsBackup.Model;

namespace TsBackup.Connectors.LineProtocol;

/// <summary>A field of the line that a <see cref="LineProtocolParser"/> stands on.</summary>
/// <param name="Key">Number of the field key within its parser; see <see cref="LineProtocolParser.FieldName"/>.</param>
/// <param name="Type">Float64, Int64, UInt64, Boolean or String.</param>
/// <param name="Bits">The value's bits; for a String where its escaped text starts within the line.</param>
/// <param name="Length">Length of a String's escaped text.</param>
public readonly record struct LineField(int Key, ColumnType Type, long Bits, int Length);
