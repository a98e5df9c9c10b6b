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

    /// <summary>True when everything was looked at and nothing was wrong; never for a sample.</summary>
    public bool Passed => Outcome == BackupTestOutcome.Passed;

    /// <summary>What came out.</summary>
    public BackupTestOutcome Outcome => Problems.Count > 0 ? BackupTestOutcome.Failed
        : Coverage <= 0 ? BackupTestOutcome.NotReached
        : Coverage < 1 || IsSample ? BackupTestOutcome.Partial
        : BackupTestOutcome.Passed;

    /// <summary>
    /// Share of what the level looks at (rows; bytes of packs for Stored) that was looked at, 0 to 1, with that of earlier runs which
    /// this one goes on with.
    /// </summary>
    public double Coverage { get; init; } = 1;

    /// <summary>Slices from the start of the version that were looked at: a test that ran out of time goes on behind them.</summary>
    internal int Reached { get; init; }

    /// <summary>True when a sample was tested.</summary>
    public bool IsSample { get; init; }

    /// <summary>Number that chose the sample: the same one chooses the same again; null without a sample.</summary>
    public int? Seed { get; init; }

    /// <summary>True when nothing was done because the repository keeps a pass of this level that is young enough.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>
    /// When everything was last looked at on this level and nothing was wrong (UTC), this test included; null = never, as far as the
    /// repository keeps results.
    /// </summary>
    public DateTimeOffset? LastPassed { get; internal set; }

    /// <summary>What was wrong.</summary>
    public IReadOnlyList<BackupProblem> Problems { get; init; } = [];

    /// <summary>
    /// What the repair did that was asked for in case of damage; the result is that of the test after it. Null without one.
    /// </summary>
    public BackupRepair? Repair { get; internal set; }

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
