namespace TsBackup.Repository;

/// <summary>Whether a version holds all that was asked for. The numbers are part of the format.</summary>
public enum VersionState
{
    /// <summary>Everything that was asked for.</summary>
    Complete = 1,

    /// <summary>Something could not be read; <see cref="VersionHeader.Reasons"/> say what.</summary>
    Incomplete = 2,
}
