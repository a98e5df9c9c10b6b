namespace TsBackup.Repository;

/// <summary>What a repair did.</summary>
/// <param name="ObjectsDropped">Names of damaged objects that were deleted after what is good in them was stored anew.</param>
/// <param name="PacksIndexed">Packs that had no usable index.</param>
/// <param name="BlocksSaved">Good blocks of damaged packs that were stored anew.</param>
/// <param name="BlocksHealed">Blocks that were taken from the other repository.</param>
/// <param name="VersionsHurt">Versions that need blocks which nobody has, by id, with those blocks.</param>
public sealed record RepairResult(
    IReadOnlyList<string> ObjectsDropped,
    int PacksIndexed,
    int BlocksSaved,
    int BlocksHealed,
    IReadOnlyDictionary<string, IReadOnlyList<BlockId>> VersionsHurt);
