namespace TsBackup.Repository;

/// <summary>What a key slot allows. The numbers are part of the format.</summary>
public enum KeyAccess
{
    /// <summary>Everything.</summary>
    Full = 1,

    /// <summary>Backing up, listing versions and checking stored bytes, but not reading data that was backed up.</summary>
    WriteOnly = 2,
}
