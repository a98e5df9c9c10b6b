namespace TsBackup.Repository;

/// <summary>Choices when a repository is made or opened.</summary>
public sealed record RepositoryOptions
{
    /// <summary>The defaults.</summary>
    public static readonly RepositoryOptions Default = new();

    /// <summary>Rounds of PBKDF2-SHA-512 for a passphrase slot.</summary>
    public int KeyIterations { get; init; } = 210_000;

    /// <summary>Name of the first slot, for people.</summary>
    public string KeyLabel { get; init; } = "";

    /// <summary>Bytes of a full pack: 64 KiB to 1 GiB. A block that is larger gets a pack of its own.</summary>
    public int PackSize { get; init; } = 4 << 20;

    /// <summary>Packs that are written side by side; each takes a buffer of <see cref="PackSize"/>.</summary>
    public int PacksInFlight { get; init; } = 1;

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>
    /// A state of the log that was seen before: when the repository no longer has it, opening fails with RepositoryRolledBack.
    /// </summary>
    public LogPosition? KnownPosition { get; init; }
}
