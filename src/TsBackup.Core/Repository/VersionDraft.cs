namespace TsBackup.Repository;

/// <summary>What a version is made of.</summary>
public sealed class VersionDraft
{
    /// <summary>Its header; id and the counts of what was added are filled in at commit.</summary>
    public required VersionHeader Header { get; init; }

    /// <summary>
    /// Its content, opaque to the repository. Stretches that did not change since an earlier version take no room again. Borrowed
    /// until the commit has returned.
    /// </summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>
    /// Ids of all blocks that the content refers to: they are kept as long as the version is. Keep the order stable between
    /// versions, so that an unchanged list takes no room again; repeated ids are fine.
    /// </summary>
    public required IReadOnlyCollection<BlockId> References { get; init; }
}
