namespace TsBackup;

/// <summary>A key slot of a repository.</summary>
public sealed class BackupKey
{
    /// <summary>Id of the slot.</summary>
    public required string KeyId { get; init; }

    /// <summary>Location of the repository.</summary>
    public required string Repository { get; init; }

    /// <summary>Passphrase or Certificate.</summary>
    public required string Kind { get; init; }

    /// <summary>Full, or WriteOnly: can back up but not read data.</summary>
    public required string Access { get; init; }

    /// <summary>Name given by the user.</summary>
    public string Label { get; init; } = "";

    /// <summary>When it was added (UTC).</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Rounds of key derivation a try costs; 0 for a certificate.</summary>
    public int Iterations { get; init; }

    /// <summary>Subject of the certificate; empty for a passphrase.</summary>
    public string Subject { get; init; } = "";

    /// <summary>What is wrong with it: damaged, forged, or put back after it was removed. Empty when nothing is.</summary>
    public string Problem { get; init; } = "";

    /// <inheritdoc/>
    public override string ToString() => KeyId;
}
