namespace TsBackup;

/// <summary>What a test of a version found.</summary>
public sealed class BackupTestResult
{
    /// <summary>Version tested; empty when the level concerns the whole repository.</summary>
    public required string VersionId { get; init; }

    /// <summary>Location of the repository.</summary>
    public required string Repository { get; init; }

    /// <summary>Store the version was made from.</summary>
    public string Store { get; init; } = "";

    /// <summary>How deep it looked.</summary>
    public required BackupTestLevel Level { get; init; }

    /// <summary>True when everything was looked at and nothing was wrong.</summary>
    public bool Passed => Problems.Count == 0;

    /// <summary>What was wrong.</summary>
    public IReadOnlyList<BackupProblem> Problems { get; init; } = [];

    /// <summary>State of the version: an Incomplete version can pass for what it holds.</summary>
    public BackupVersionState State { get; init; }

    /// <summary>Slices looked at.</summary>
    public long Slices { get; init; }

    /// <summary>Blocks looked at.</summary>
    public long Blocks { get; init; }

    /// <summary>Rows decoded or compared.</summary>
    public long Rows { get; init; }

    /// <summary>Bytes read.</summary>
    public long Bytes { get; init; }

    /// <summary>When the test began (UTC).</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }
}
