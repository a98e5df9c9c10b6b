namespace TsBackup.Connectors;

/// <summary>What a restore does with a target table that holds rows in the range to restore.</summary>
public enum OnConflict
{
    /// <summary>Stop before anything is written.</summary>
    Fail,

    /// <summary>Leave that table as it is and restore the others.</summary>
    Skip,

    /// <summary>Delete the target table's rows in the range, then restore.</summary>
    Overwrite,

    /// <summary>Write into it: rows of equal key and time take the backup's values, others stay.</summary>
    Merge,
}
