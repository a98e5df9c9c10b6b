namespace TsBackup;

/// <summary>The account of a restore: <c>RowsInBackup = RowsRestored + RowsFailed</c> always holds.</summary>
public sealed class RestoreResult
{
    /// <summary>Version restored.</summary>
    public required string VersionId { get; init; }

    /// <summary>Location of the repository.</summary>
    public required string Repository { get; init; }

    /// <summary>Target store, without secrets.</summary>
    public required string Target { get; init; }

    /// <summary>True when nothing was written because only the plan was asked for.</summary>
    public bool IsPlan { get; init; }

    /// <summary>Rows of the version within the scope, without skipped tables.</summary>
    public long RowsInBackup { get; init; }

    /// <summary>Rows the target has acknowledged.</summary>
    public long RowsRestored { get; init; }

    /// <summary>Rows that could not be read from the repository or were refused by the target.</summary>
    public long RowsFailed { get; init; }

    /// <summary>True: the target was read back and equals the version. False: it differs. Null: not compared.</summary>
    public bool? Verified { get; init; }

    /// <summary>Tables, each with its own account.</summary>
    public IReadOnlyList<RestoreTable> Tables { get; init; } = [];

    /// <summary>Settings documents and what became of them.</summary>
    public IReadOnlyList<RestoreSetting> Settings { get; init; } = [];

    /// <summary>Damaged or lost blocks that were taken from other versions or copies.</summary>
    public long BlocksReplaced { get; init; }

    /// <summary>Locations of the repositories that replaced what is damaged or gone.</summary>
    public IReadOnlyList<string> ReplacedFrom { get; init; } = [];

    /// <summary>What the repair did that was asked for in case of damage; null when there was none.</summary>
    public BackupRepair? Repair { get; internal set; }

    /// <summary>What went wrong.</summary>
    public IReadOnlyList<BackupProblem> Problems { get; init; } = [];

    /// <summary>When the restore began (UTC).</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>How long it took, comparison included.</summary>
    public TimeSpan Duration { get; init; }
}

/// <summary>A table's part in a restore.</summary>
public sealed class RestoreTable
{
    /// <summary>Table in the version.</summary>
    public required string Table { get; init; }

    /// <summary>Table in the target.</summary>
    public required string TargetTable { get; init; }

    /// <summary>True when it was left alone because it holds rows already.</summary>
    public bool Skipped { get; init; }

    /// <summary>Rows of the version within the scope.</summary>
    public long RowsInBackup { get; init; }

    /// <summary>Rows the target has acknowledged.</summary>
    public long RowsRestored { get; init; }

    /// <summary>Rows not restored.</summary>
    public long RowsFailed { get; init; }

    /// <summary>Whether the target's rows equal the version's; null when not compared.</summary>
    public bool? Verified { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Table == TargetTable ? Table : $"{Table} as {TargetTable}";
}

/// <summary>A settings document's part in a restore.</summary>
public sealed class RestoreSetting
{
    /// <summary>Kind of document.</summary>
    public required string Kind { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>True when it stands in the target as it stood in the source.</summary>
    public bool Restored { get; init; }

    /// <summary>Why not, or what differs.</summary>
    public string Remark { get; init; } = "";

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Name}";
}
