namespace TsBackup;

/// <summary>What became of a version that was hurt.</summary>
public enum BackupRepairOutcome
{
    /// <summary>Its lost blocks were found again; it is as it was.</summary>
    Healed,

    /// <summary>All its rows were found, but in other blocks: another version with the same rows stands for it.</summary>
    Replaced,

    /// <summary>Some slices are lost: an Incomplete version with the rest stands for it.</summary>
    Incomplete,

    /// <summary>Nothing of it can be read any more; it was removed.</summary>
    Lost,
}
