namespace TsBackup;

/// <summary>Whether a version holds all that it was asked for.</summary>
public enum BackupVersionState
{
    /// <summary>Every slice of the scope was read to its end and stored.</summary>
    Complete,

    /// <summary>Something is missing; <see cref="BackupVersion.Reasons"/> says what and why.</summary>
    Incomplete,
}
