using TsBackup.Model;

namespace TsBackup.Connectors;

/// <summary>Account of rows handed to a writer. Rows written + rows failed = rows handed over.</summary>
/// <param name="RowsWritten">Rows the target has acknowledged.</param>
/// <param name="RowsFailed">Rows it has not.</param>
/// <param name="Failures">Why, one entry per slice and reason.</param>
public sealed record WriteOutcome(long RowsWritten, long RowsFailed, IReadOnlyList<WriteFailure> Failures);

/// <summary>Rows of a slice that the target did not take.</summary>
/// <param name="Slice">The slice.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="ErrorId">Stable id of the error.</param>
/// <param name="Reason">One sentence.</param>
public sealed record WriteFailure(Slice Slice, long Rows, string ErrorId, string Reason);

/// <summary>What became of a settings document in a restore.</summary>
/// <param name="Kind">Kind of the document.</param>
/// <param name="Name">Its name.</param>
/// <param name="Restored">True when it stands in the target now as it stood in the source.</param>
/// <param name="Remark">Why not, or what differs; empty when all is well.</param>
public sealed record SettingOutcome(string Kind, string Name, bool Restored, string Remark);
