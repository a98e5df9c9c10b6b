using TsBackup.Model;
using TsBackup.Tablestore.Protocol.Messages;

namespace TsBackup.Connectors.Tablestore;

/// <summary>A table made ready for a restore, and what completing it needs to know.</summary>
/// <param name="Id">The table.</param>
internal sealed record PreparedTable(TableId Id)
{
    /// <summary>Where rows of a wide-column table go; null for a time-series table.</summary>
    public WideTarget? Wide { get; init; }

    /// <summary>True when the restore made the table.</summary>
    public bool IsNew { get; init; }

    /// <summary>Options to set when the load is done: those of the backup for a new table, its own for one that was there.</summary>
    public TableOptions? FinalOptions { get; init; }

    /// <summary>What came out differently from the backup's definition; empty when nothing.</summary>
    public string Remark { get; init; } = "";

    /// <summary>Names of lastpoint indexes that had to be changed, by the backup's name.</summary>
    public IReadOnlyDictionary<string, string> RenamedIndexes { get; init; } = new Dictionary<string, string>();
}
