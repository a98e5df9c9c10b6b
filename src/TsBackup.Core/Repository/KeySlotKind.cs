namespace TsBackup.Repository;

/// <summary>What opens a key slot. The numbers are part of the format.</summary>
public enum KeySlotKind
{
    /// <summary>A passphrase.</summary>
    Passphrase = 1,

    /// <summary>The private key of an X.509 certificate.</summary>
    Certificate = 2,
}
