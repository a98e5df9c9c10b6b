namespace TsBackup;

/// <summary>A repository as it is now.</summary>
public sealed class BackupRepository
{
    /// <summary>Folder or URI.</summary>
    public required string Repository { get; init; }

    /// <summary>True when it could be opened.</summary>
    public bool IsReachable { get; init; }

    /// <summary>True when it takes what is written; null when that was not tried.</summary>
    public bool? IsWritable { get; init; }

    /// <summary>Why it is not reachable or not writable; empty else.</summary>
    public string Problem { get; init; } = "";

    /// <summary>Random id made at creation; empty when it is not reachable.</summary>
    public required string RepositoryId { get; init; }

    /// <summary>Format version.</summary>
    public int Format { get; init; }

    /// <summary>When it was created (UTC).</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Number of versions.</summary>
    public int Versions { get; init; }

    /// <summary>Stores that have versions in it.</summary>
    public IReadOnlyList<string> Stores { get; init; } = [];

    /// <summary>When the newest version was committed.</summary>
    public DateTimeOffset? LatestVersion { get; init; }

    /// <summary>Bytes it takes in storage.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Bytes free in its storage; null when not known.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>Bytes of its storage in all; null when not known.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>Time of one small read.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>
    /// Bytes a second in one read of a small object, which a disk of this machine answers from memory; null when not measured.
    /// </summary>
    public double? ReadBytesPerSecond { get; init; }

    /// <summary>Bytes a second in one write of a small object, until it is safe; null when not measured.</summary>
    public double? WriteBytesPerSecond { get; init; }

    /// <summary>Newest test of its stored bytes that it keeps; null without one.</summary>
    public BackupTestSummary? LastTest { get; init; }

    /// <summary>
    /// Last entry of its log. Whoever notes it elsewhere can tell later whether the repository was set back: see the parameter
    /// KnownPosition of Get-BackupRepository.
    /// </summary>
    public string LogPosition { get; init; } = "";

    /// <summary>Number of key slots.</summary>
    public int KeySlots { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Repository;
}
