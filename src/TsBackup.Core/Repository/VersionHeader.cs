namespace TsBackup.Repository;

/// <summary>What a listing shows of a version; its content is read by <see cref="BlockRepository.ReadContentAsync"/>.</summary>
public sealed record VersionHeader
{
    /// <summary>Most reasons that a header keeps; the content has all.</summary>
    public const int MaxReasons = 20;

    /// <summary>Id, such as <c>20260131T080000Z-1a2b3c4d</c>: sorts by time. Given at commit.</summary>
    public string Id { get; init; } = "";

    /// <summary>URI of the store, without credentials.</summary>
    public string Store { get; init; } = "";

    /// <summary>Kind of the store, such as <c>influxdb</c>.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Complete or not.</summary>
    public VersionState State { get; init; } = VersionState.Complete;

    /// <summary>When the backup began.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>When the backup ended.</summary>
    public DateTimeOffset Finished { get; init; }

    /// <summary>The instant that the data is of, as far as the store can say.</summary>
    public DateTimeOffset Cut { get; init; }

    /// <summary>Tags that the user gave.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Number of tables.</summary>
    public int Tables { get; init; }

    /// <summary>Number of slices.</summary>
    public int Slices { get; init; }

    /// <summary>Number of rows.</summary>
    public long Rows { get; init; }

    /// <summary>Number of present values.</summary>
    public long Points { get; init; }

    /// <summary>Bytes of the blocks it refers to, before sealing.</summary>
    public long PlainBytes { get; init; }

    /// <summary>Bytes that the run which made it added to the repository (packs and indexes). Given at commit.</summary>
    public long NewBytes { get; init; }

    /// <summary>Blocks that the run which made it added. Given at commit.</summary>
    public long NewBlocks { get; init; }

    /// <summary>Bytes of all blocks it refers to as they are stored; 0 when not counted.</summary>
    public long TotalBytes { get; init; }

    /// <summary>Earliest time in ns; 0 without rows or times.</summary>
    public long First { get; init; }

    /// <summary>Latest time in ns; 0 without rows or times.</summary>
    public long Last { get; init; }

    /// <summary>Why it is Incomplete; the first <see cref="MaxReasons"/> of them.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>What was asked for, in words.</summary>
    public string ScopeText { get; init; } = "";

    /// <summary>True when it was made of all tables and times of its store.</summary>
    public bool IsWhole => ScopeText is "" or "all" or "no settings";

    /// <summary>Version of the tool that made it.</summary>
    public string ToolVersion { get; init; } = "";

    /// <summary>Name of the machine that made it.</summary>
    public string Host { get; init; } = "";

    /// <summary>True when no rule removes it.</summary>
    public bool IsProtected { get; init; }

    /// <summary>When it was removed, for a version that can still be taken back; null otherwise.</summary>
    public DateTimeOffset? Removed { get; init; }

    /// <summary>Anything else, by name.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>Bytes of the content.</summary>
    public long ContentBytes { get; init; }

    /// <summary>Number of blocks it refers to, those of its content not counted.</summary>
    public long References { get; init; }

    internal IReadOnlyList<BlockId> ContentPieces { get; init; } = [];

    internal IReadOnlyList<BlockId> ReferencePieces { get; init; } = [];
}
