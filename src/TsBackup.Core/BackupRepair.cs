namespace TsBackup;

/// <summary>What a repair of a repository did.</summary>
public sealed class BackupRepair
{
    /// <summary>Location of the repository.</summary>
    public required string Repository { get; init; }

    /// <summary>True when nothing was changed: this is what a repair would do.</summary>
    public bool IsPlan { get; init; }

    /// <summary>True when every version has again all that it had.</summary>
    public bool NothingLost => Versions.All(version => version.Outcome is not (BackupRepairOutcome.Incomplete or BackupRepairOutcome.Lost));

    /// <summary>Names of damaged or missing objects that were dropped after what is good in them was stored anew.</summary>
    public IReadOnlyList<string> ObjectsDropped { get; init; } = [];

    /// <summary>Packs that had no usable index and have one now.</summary>
    public int PacksIndexed { get; init; }

    /// <summary>Good blocks of damaged packs that were stored anew.</summary>
    public long BlocksSaved { get; init; }

    /// <summary>Blocks that were taken from another repository.</summary>
    public long BlocksHealed { get; init; }

    /// <summary>The versions that were hurt, and what became of each.</summary>
    public IReadOnlyList<BackupRepairedVersion> Versions { get; init; } = [];

    /// <summary>Rows that are lost, over all versions.</summary>
    public long RowsLost => Versions.Sum(version => version.RowsLost);

    /// <inheritdoc/>
    public override string ToString() => Repository;
}
