using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>What a file holds, found by reading it once.</summary>
/// <param name="File">The file.</param>
/// <param name="Tables">Its tables by name.</param>
/// <param name="Error">Why reading ended early; the tables are then what was seen before.</param>
internal sealed record FileIndex(StoreFile File, IReadOnlyDictionary<string, TableIndex> Tables, TsBackupException? Error)
{
    /// <summary>Rows seen.</summary>
    public long Rows => Tables.Values.Sum(table => table.Rows);
}

/// <summary>What a file holds of a table.</summary>
internal sealed class TableIndex
{
    /// <summary>Columns seen.</summary>
    public HashSet<ColumnSchema> Columns { get; } = [];

    /// <summary>Days that have rows, by number since the epoch; with a longer window, windows by their first day.</summary>
    public Dictionary<long, DayIndex> Days { get; } = [];

    /// <summary>Days of a window; longer than one where there are very many. 0 stands for all times.</summary>
    public int WindowLength { get; set; } = 1;

    /// <summary>Rows over all days.</summary>
    public long Rows => Days.Values.Sum(day => day.Rows);
}

/// <summary>What a file holds of a table and a day.</summary>
internal sealed class DayIndex
{
    /// <summary>Lines.</summary>
    public long Rows { get; set; }

    /// <summary>Earliest time.</summary>
    public long First { get; set; } = long.MaxValue;

    /// <summary>Latest time.</summary>
    public long Last { get; set; } = long.MinValue;

    /// <summary>True while every series stands in one piece, its times ascending and each there once.</summary>
    public bool IsOrdered { get; set; } = true;

    /// <summary>Several as one.</summary>
    public static DayIndex Of(IReadOnlyCollection<DayIndex> parts) => new()
    {
        Rows = parts.Sum(part => part.Rows),
        First = parts.Min(part => part.First),
        Last = parts.Max(part => part.Last),
        IsOrdered = false,
    };
}
