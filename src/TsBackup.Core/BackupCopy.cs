namespace TsBackup;

/// <summary>A version copied to another repository.</summary>
public sealed class BackupCopy
{
    /// <summary>The version copied.</summary>
    public required string VersionId { get; init; }

    /// <summary>Where from.</summary>
    public required string Repository { get; init; }

    /// <summary>Where to.</summary>
    public required string Destination { get; init; }

    /// <summary>Its id there.</summary>
    public required string CopyId { get; init; }

    /// <summary>True when it was there already and nothing was done.</summary>
    public bool AlreadyThere { get; init; }

    /// <summary>Blocks read and stored.</summary>
    public long BlocksCopied { get; init; }

    /// <summary>Blocks that the destination had.</summary>
    public long BlocksReused { get; init; }

    /// <summary>Bytes added to the destination.</summary>
    public long StoredBytes { get; init; }
}
