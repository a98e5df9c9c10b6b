namespace TsBackup.Repository;

/// <summary>Choices of a <see cref="Compaction"/>.</summary>
public sealed record CompactionOptions
{
    /// <summary>The defaults.</summary>
    public static readonly CompactionOptions Default = new();

    /// <summary>
    /// Time between mark and sweep: for readers that are under way, and before a run that gives no sign of life is taken for dead.
    /// Safety of what is committed does not rest on it.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Packs that nothing refers to are left alone so long, for interrupted backups that are run again.</summary>
    public TimeSpan KeepUnreferenced { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Removed versions stay at least so long.</summary>
    public TimeSpan KeepRemoved { get; init; } = TimeSpan.Zero;

    /// <summary>A pack of which more than this part is unused is written anew.</summary>
    public double MaxUnused { get; init; } = 0.2;

    /// <summary>So many packs of less than a quarter of the pack size are left alone before they are merged.</summary>
    public int MaxSmallPacks { get; init; } = 16;

    /// <summary>Write packs of earlier epochs anew, so that removed keys open nothing any more once they are swept.</summary>
    public bool RewriteOldEpochs { get; init; }
}
