namespace TsBackup;

/// <summary>How deep a test looks.</summary>
public enum BackupTestLevel
{
    /// <summary>Structure: the version can be read and every block it names is in the index.</summary>
    Quick,

    /// <summary>Checksums of all stored bytes. Needs no key.</summary>
    Stored,

    /// <summary>Every block is decrypted and decoded, every digest computed anew.</summary>
    Full,

    /// <summary>The digests are compared with the live store.</summary>
    Source,

    /// <summary>The version is restored into a scratch store, compared and dropped.</summary>
    Drill,
}
