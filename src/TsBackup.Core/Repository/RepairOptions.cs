namespace TsBackup.Repository;

/// <summary>Choices of a <see cref="Repair"/>.</summary>
public sealed record RepairOptions
{
    /// <summary>The defaults.</summary>
    public static readonly RepairOptions Default = new();

    /// <summary>
    /// Another repository, opened with a key that may read, that versions were copied to from this one or from which they came. Lost
    /// blocks are taken from it; their ids prove that they are the right ones.
    /// </summary>
    public BlockRepository? Source { get; init; }
}
