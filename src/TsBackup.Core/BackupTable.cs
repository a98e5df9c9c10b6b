namespace TsBackup;

/// <summary>A table as a version holds it.</summary>
public sealed class BackupTable
{
    /// <summary>Version it belongs to.</summary>
    public required string VersionId { get; init; }

    /// <summary>Location of the repository.</summary>
    public required string Repository { get; init; }

    /// <summary>What the store puts above tables (retention policy); empty where there is nothing.</summary>
    public required string Group { get; init; }

    /// <summary>Name of the table.</summary>
    public required string Table { get; init; }

    /// <summary>Rows.</summary>
    public long Rows { get; init; }

    /// <summary>Present values.</summary>
    public long Points { get; init; }

    /// <summary>Number of slices.</summary>
    public int Slices { get; init; }

    /// <summary>Earliest time; null without rows or times.</summary>
    public string? First { get; init; }

    /// <summary>Latest time.</summary>
    public string? Last { get; init; }

    /// <summary>Bytes of its blocks before sealing.</summary>
    public long BlockBytes { get; init; }

    /// <summary>Sum of the digests of its slices, 64 hexadecimal digits.</summary>
    public required string Digest { get; init; }

    /// <summary>
    /// How a backup finds out what has changed in the table since the last one, in words, where that depends on the table; else null.
    /// </summary>
    public string? ChangesFound { get; init; }

    /// <summary>Its columns as <c>name (role, type)</c>.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => Group.Length == 0 ? Table : $"{Group}/{Table}";
}
