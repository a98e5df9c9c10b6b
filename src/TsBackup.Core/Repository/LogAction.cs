namespace TsBackup.Repository;

/// <summary>What happened to an object. The numbers are part of the format.</summary>
public enum LogAction
{
    /// <summary>It was stored.</summary>
    Added = 1,

    /// <summary>It was deleted, on purpose.</summary>
    Erased = 2,

    /// <summary>It is an entry of the log that is damaged or lost; a repair took note of that, and logged anew what is there.</summary>
    Accepted = 3,
}
