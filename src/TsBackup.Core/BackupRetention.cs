namespace TsBackup;

/// <summary>What a removal decided about a version.</summary>
public sealed class BackupRetention
{
    /// <summary>The version.</summary>
    public required string VersionId { get; init; }

    /// <summary>Location of the repository.</summary>
    public required string Repository { get; init; }

    /// <summary>Store the version was made from.</summary>
    public required string Store { get; init; }

    /// <summary>When the version was begun (UTC).</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>True when it stays.</summary>
    public bool Keep { get; init; }

    /// <summary>Rules that keep it.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>True when it has been removed by this call; it can be taken back until the next compaction.</summary>
    public bool Removed { get; init; }
}
