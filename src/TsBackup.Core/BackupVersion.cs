namespace TsBackup;

/// <summary>The immutable record of one backup.</summary>
public sealed class BackupVersion
{
    /// <summary>Id within the repository; sorts by time.</summary>
    public required string VersionId { get; init; }

    /// <summary>Location of the repository that holds it.</summary>
    public required string Repository { get; init; }

    /// <summary>URI of the store, without secrets.</summary>
    public required string Store { get; init; }

    /// <summary>Connector that read it.</summary>
    public required string Kind { get; init; }

    /// <summary>Complete or Incomplete.</summary>
    public required BackupVersionState State { get; init; }

    /// <summary>When the backup began (UTC).</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it was committed (UTC).</summary>
    public required DateTimeOffset Finished { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration => Finished - Started;

    /// <summary>Labels given by the user.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Number of tables with rows.</summary>
    public long Tables { get; init; }

    /// <summary>Number of slices.</summary>
    public long Slices { get; init; }

    /// <summary>Slices taken over from the previous version without being read.</summary>
    public long SlicesReused { get; init; }

    /// <summary>Rows.</summary>
    public long Rows { get; init; }

    /// <summary>Present values.</summary>
    public long Points { get; init; }

    /// <summary>Earliest time of a row; null without rows or times.</summary>
    public string? First { get; init; }

    /// <summary>Latest time of a row.</summary>
    public string? Last { get; init; }

    /// <summary>Bytes of all its blocks before sealing.</summary>
    public long BlockBytes { get; init; }

    /// <summary>Bytes this backup added to the repository.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Scope of the backup in words.</summary>
    public string Scope { get; init; } = "all";

    /// <summary>Why it is Incomplete; empty otherwise.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>Newest result of a test that the repository keeps, of any level; null without one.</summary>
    public BackupTestSummary? LastTest => Tests.MaxBy(test => test.Time);

    /// <summary>Newest results of each level that the repository keeps.</summary>
    public IReadOnlyList<BackupTestSummary> Tests { get; init; } = [];

    /// <summary>True when retention must not remove it.</summary>
    public bool IsProtected { get; init; }

    /// <summary>When it was removed, if it was: it can be taken back until the next compaction. Null else.</summary>
    public DateTimeOffset? Removed { get; init; }

    /// <inheritdoc/>
    public override string ToString() => VersionId;
}
