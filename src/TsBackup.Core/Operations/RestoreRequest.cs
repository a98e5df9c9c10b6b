using TsBackup.Connectors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>What a restore is to do.</summary>
public sealed record RestoreRequest
{
    /// <summary>The repository to read from.</summary>
    public required RepositoryConnection Repository { get; init; }

    /// <summary>Copies of the repository, asked for what is damaged in it.</summary>
    public IReadOnlyList<RepositoryConnection> Copies { get; init; } = [];

    /// <summary>The repository that is repaired from the others when one of them had to replace something; null = none is.</summary>
    public RepositoryConnection? Heal { get; init; }

    /// <summary>The store to write to.</summary>
    public required IConnector Target { get; init; }

    /// <summary>Tables (by their names in the version), times and whether settings are restored.</summary>
    public Scope Scope { get; init; } = Scope.All;

    /// <summary>New names of tables.</summary>
    public TableRenames Renames { get; init; } = TableRenames.None;

    /// <summary>What to do with target tables that hold rows in the range.</summary>
    public OnConflict OnConflict { get; init; } = OnConflict.Fail;

    /// <summary>Only count what would be done.</summary>
    public bool PlanOnly { get; init; }

    /// <summary>Read the target back and compare it.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>The target is a drill's scratch store.</summary>
    public bool IsScratch { get; init; }

    /// <summary>Groups written at once, and blocks decoded at once.</summary>
    public int Parallelism { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 16);

    /// <summary>Hears what happens.</summary>
    public IOperationObserver Observer { get; init; } = SilentObserver.Instance;

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
