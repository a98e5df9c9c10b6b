namespace TsBackup;

/// <summary>How a part of a store differs between two versions, or between a version and the live store.</summary>
public enum BackupDifferenceKind
{
    /// <summary>Only the second has it.</summary>
    Added,

    /// <summary>Only the first has it.</summary>
    Removed,

    /// <summary>Both have it, with different rows.</summary>
    Changed,

    /// <summary>One of the two could not be read.</summary>
    Unknown,
}

/// <summary>A slice that differs.</summary>
public sealed class BackupDifference
{
    /// <summary>Table concerned.</summary>
    public required string Table { get; init; }

    /// <summary>First time of the slice; null = open.</summary>
    public string? Start { get; init; }

    /// <summary>Last time of the slice; null = open.</summary>
    public string? End { get; init; }

    /// <summary>What differs.</summary>
    public required BackupDifferenceKind Kind { get; init; }

    /// <summary>Rows in the first.</summary>
    public long RowsBefore { get; init; }

    /// <summary>Rows in the second.</summary>
    public long RowsAfter { get; init; }

    /// <summary>The first: a version id.</summary>
    public required string Reference { get; init; }

    /// <summary>The second: a version id or the URI of the live store.</summary>
    public required string Difference { get; init; }

    /// <summary>Why it could not be read; empty otherwise.</summary>
    public string Remark { get; init; } = "";
}
