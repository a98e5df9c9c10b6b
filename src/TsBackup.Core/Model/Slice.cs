namespace TsBackup.Model;

/// <summary>One table × one aligned time window (or key range): the unit of planning, reuse, verification and partial restore.</summary>
/// <param name="Table">The table.</param>
/// <param name="Window">All times of its rows lie inside.</param>
/// <param name="Partition">The connector's own name of a key range or segment; empty when the window says it all.</param>
public sealed record Slice(TableId Table, TimeRange Window, string Partition = "")
{
    /// <inheritdoc/>
    public override string ToString() => Partition.Length == 0 ? $"{Table} [{Window}]" : $"{Table} [{Window}] {Partition}";
}
