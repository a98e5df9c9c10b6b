namespace TsBackup;

/// <summary>A version that was hurt, and what a repair made of it.</summary>
public sealed class BackupRepairedVersion
{
    /// <summary>The version.</summary>
    public required string VersionId { get; init; }

    /// <summary>The store that it was made from; empty when that cannot be read any more.</summary>
    public string Store { get; init; } = "";

    /// <summary>What became of it.</summary>
    public required BackupRepairOutcome Outcome { get; init; }

    /// <summary>The version that stands for it now: itself when it was healed; empty when it is lost, or in a plan.</summary>
    public string ReplacementId { get; init; } = "";

    /// <summary>Rows that were lost.</summary>
    public long RowsLost { get; init; }

    /// <summary>Exactly what was lost: table and time range of each slice.</summary>
    public IReadOnlyList<BackupProblem> Lost { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"{VersionId}: {Outcome}";
}
