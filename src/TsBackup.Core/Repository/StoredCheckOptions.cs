namespace TsBackup.Repository;

/// <summary>Choices of a <see cref="StoredCheck"/>.</summary>
public sealed record StoredCheckOptions
{
    /// <summary>The defaults: everything.</summary>
    public static readonly StoredCheckOptions Default = new();

    /// <summary>Objects that are read side by side.</summary>
    public int Parallelism { get; init; } = 2;

    /// <summary>Says by name which packs are read; null reads all. Whether a pack is there is checked in any case.</summary>
    public Predicate<string>? ShouldReadPack { get; init; }

    /// <summary>After this time no further pack is begun.</summary>
    public TimeSpan? MaxDuration { get; init; }

    /// <summary>Told the name and length of each object that was read whole; may be called from several threads at once.</summary>
    public Action<string, long>? OnRead { get; init; }
}
