using TsBackup.Connectors;

namespace TsBackup.Operations;

/// <summary>What a test is to do.</summary>
public sealed record TestRequest
{
    /// <summary>The repository; opened without a key for <see cref="BackupTestLevel.Stored"/>.</summary>
    public required RepositoryConnection Repository { get; init; }

    /// <summary>Copies of the repository: damage that they make good is still damage, but the test goes on and says so.</summary>
    public IReadOnlyList<RepositoryConnection> Copies { get; init; } = [];

    /// <summary>Repair a damaged repository from its copies, and test again.</summary>
    public bool Heal { get; init; }

    /// <summary>How deep to look.</summary>
    public BackupTestLevel Level { get; init; } = BackupTestLevel.Full;

    /// <summary>
    /// The live store for <see cref="BackupTestLevel.Source"/>, or the store beside which a drill makes its scratch store.
    /// </summary>
    public IConnector? Store { get; init; }

    /// <summary>Makes the connector of a scratch address for a drill.</summary>
    public Func<StoreAddress, IConnector>? OpenStore { get; init; }

    /// <summary>How much to look at; its time limit is that of the run, see <see cref="TestRun"/>.</summary>
    public TestLimits Limits { get; init; } = TestLimits.None;

    /// <summary>Slices from the start that an earlier run has looked at.</summary>
    internal int From { get; init; }

    /// <summary>Says that nothing further is to be begun.</summary>
    internal Func<bool> IsTimeOver { get; init; } = static () => false;

    /// <summary>Slices looked at at once.</summary>
    public int Parallelism { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 16);

    /// <summary>Hears what happens.</summary>
    public IOperationObserver Observer { get; init; } = SilentObserver.Instance;

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
