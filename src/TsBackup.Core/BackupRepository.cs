namespace TsBackup;

/// <summary>A repository as it is now.</summary>
public sealed class BackupRepository
{
    /// <summary>Folder or URI.</summary>
    public required string Repository { get; init; }

    /// <summary>Random id made at creation.</summary>
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

    /// <summary>Time of one small read.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Number of key slots.</summary>
    public int KeySlots { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Repository;
}
