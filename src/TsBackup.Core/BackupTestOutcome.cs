namespace TsBackup;

/// <summary>What came out of a test.</summary>
public enum BackupTestOutcome
{
    /// <summary>Everything was looked at, and nothing is wrong.</summary>
    Passed,

    /// <summary>Something is wrong.</summary>
    Failed,

    /// <summary>Nothing is wrong in the part that was looked at: a sample, or as much as there was time for. It is not a pass.</summary>
    Partial,

    /// <summary>Nothing was looked at: the time was over.</summary>
    NotReached,
}
