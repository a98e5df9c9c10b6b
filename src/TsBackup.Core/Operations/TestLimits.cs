using TsBackup.Errors;

namespace TsBackup.Operations;

/// <summary>How much of a repository a run of tests looks at.</summary>
public sealed record TestLimits
{
    /// <summary>Everything, however long it takes.</summary>
    public static readonly TestLimits None = new();

    /// <summary>What passed within this time is not tested again; null = everything is.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>After this time nothing further is begun; null = no limit.</summary>
    public TimeSpan? MaxDuration { get; init; }

    /// <summary>Percentage of the rows (of the packs for Stored) that is looked at, above 0 to 100.</summary>
    public double Sample { get; init; } = 100;

    /// <summary>Chooses the sample.</summary>
    public int Seed { get; init; } = Random.Shared.Next();

    /// <summary>True when not everything is looked at.</summary>
    public bool IsSample => Sample < 100;

    /// <summary>Checks that the limits can be kept.</summary>
    /// <exception cref="TsBackupException">ArgumentInvalid.</exception>
    public void Check(BackupTestLevel level)
    {
        if (Sample is not (> 0 and <= 100))
            throw new TsBackupException(ErrorId.ArgumentInvalid, $"A sample of {Sample} percent is not above 0 and at most 100.");
        if (MaxAge < TimeSpan.Zero || MaxDuration < TimeSpan.Zero)
            throw new TsBackupException(ErrorId.ArgumentInvalid, "A greatest age or duration cannot be negative.");
        if (IsSample && level is (BackupTestLevel.Quick or BackupTestLevel.Drill))
        {
            throw new TsBackupException(
                ErrorId.ArgumentInvalid, $"The level {level} takes no sample.", hint: "Take a sample with Stored, Full or Source.");
        }
    }
}
