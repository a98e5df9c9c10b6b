namespace TsBackup.Connectors;

/// <summary>What a connector can do with its store, so that callers ask instead of trying.</summary>
public sealed record StoreCapabilities
{
    /// <summary>Rows can be read.</summary>
    public bool Reads { get; init; } = true;

    /// <summary>Rows can be written.</summary>
    public bool Writes { get; init; } = true;

    /// <summary>A scratch store can be made beside the store, restored into and dropped.</summary>
    public bool Scratch { get; init; }

    /// <summary>Rows of a table and time range can be deleted (OnConflict Overwrite).</summary>
    public bool Deletes { get; init; }

    /// <summary>The store hands out its own files.</summary>
    public bool NativeSnapshot { get; init; }

    /// <summary>Plans carry fingerprints: what has not changed is not read again.</summary>
    public bool Fingerprints { get; init; }

    /// <summary>Kinds of settings documents that are backed up.</summary>
    public IReadOnlyList<string> SettingsKinds { get; init; } = [];

    /// <summary>
    /// Those of them that act by themselves on the whole store, such as users and continuous queries: a restore of some tables or times
    /// leaves them out.
    /// </summary>
    public IReadOnlyList<string> WholeStoreKinds { get; init; } = [];

    /// <summary>Finest precision of times in nanoseconds.</summary>
    public long PrecisionNanoseconds { get; init; } = 1;

    /// <summary>Folder on this machine that holds the store's data, when known; used to warn about a repository on the same disk.</summary>
    public string? LocalDataPath { get; init; }
}
