using TsBackup.Codec;
using TsBackup.Connectors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>What a backup is to do.</summary>
public sealed record BackupRequest
{
    /// <summary>The store to read.</summary>
    public required IConnector Connector { get; init; }

    /// <summary>
    /// Repositories to write to, all in one reading of the store. When one fails the others go on; the failed one takes over what it has
    /// at the next run.
    /// </summary>
    public required IReadOnlyList<RepositoryConnection> Repositories { get; init; }

    /// <summary>
    /// The plan for this store and scope, when it was made already (beside the opening of the repositories); null = it is made here.
    /// </summary>
    public BackupPlan? Plan { get; init; }

    /// <summary>Tables, times and whether settings are taken.</summary>
    public Scope Scope { get; init; } = Scope.All;

    /// <summary>Labels for the version.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Let no rule remove the version, and nobody without force.</summary>
    public bool Protect { get; init; }

    /// <summary>Read everything, even what has the fingerprint of the previous version.</summary>
    public bool Full { get; init; }

    /// <summary>Groups read at once, and blocks encoded at once.</summary>
    public int Parallelism { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 16);

    /// <summary>How blocks are encoded.</summary>
    public CodecOptions Codec { get; init; } = CodecOptions.Default;

    /// <summary>How often a group is read in all when its failure may pass.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>Wait before the second reading of a group; doubled for each further one.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Hears what happens.</summary>
    public IOperationObserver Observer { get; init; } = SilentObserver.Instance;

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
