namespace TsBackup;

/// <summary>What a compaction did.</summary>
public sealed class BackupCompaction
{
    /// <summary>Location of the repository.</summary>
    public required string Repository { get; init; }

    /// <summary>Removed versions that are gone for good.</summary>
    public int VersionsErased { get; init; }

    /// <summary>Packs that a later run will delete.</summary>
    public int PacksMarked { get; init; }

    /// <summary>Packs among them whose used blocks were stored anew.</summary>
    public int PacksRewritten { get; init; }

    /// <summary>Packs deleted.</summary>
    public int PacksDeleted { get; init; }

    /// <summary>Bytes freed.</summary>
    public long BytesFreed { get; init; }

    /// <summary>Marks that must wait for their grace or for running backups.</summary>
    public int Waiting { get; init; }
}
