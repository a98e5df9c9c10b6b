namespace TsBackup.Repository;

/// <summary>How much of its subject a test looked at. The numbers are stored.</summary>
public enum TestExtent
{
    /// <summary>All of it.</summary>
    Whole = 0,

    /// <summary>A part from the start; the next run goes on behind it.</summary>
    Begun = 1,

    /// <summary>A sample.</summary>
    Sample = 2,
}
