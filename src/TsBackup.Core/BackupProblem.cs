namespace TsBackup;

/// <summary>Something found wrong, and what it concerns.</summary>
public sealed class BackupProblem
{
    /// <summary>Stable id, see about_TsBackup_Errors.</summary>
    public required string ErrorId { get; init; }

    /// <summary>One sentence.</summary>
    public required string Message { get; init; }

    /// <summary>Name of the stored object concerned; empty when it is not an object.</summary>
    public string Object { get; init; } = "";

    /// <summary>Version concerned; empty when not known.</summary>
    public string VersionId { get; init; } = "";

    /// <summary>Table concerned; empty when not known.</summary>
    public string Table { get; init; } = "";

    /// <summary>First time concerned.</summary>
    public string? Start { get; init; }

    /// <summary>Last time concerned.</summary>
    public string? End { get; init; }

    /// <summary>Location of a repository that has what is damaged here; empty when none was found.</summary>
    public string FoundIn { get; init; } = "";

    /// <inheritdoc/>
    public override string ToString() => Message;
}
