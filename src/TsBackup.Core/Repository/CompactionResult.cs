namespace TsBackup.Repository;

/// <summary>What a compaction did.</summary>
/// <param name="VersionsErased">Removed versions that are gone for good.</param>
/// <param name="PacksMarked">Packs that a later sweep will delete.</param>
/// <param name="PacksRewritten">Packs among them whose used blocks were stored anew.</param>
/// <param name="PacksSwept">Packs that were deleted.</param>
/// <param name="BytesSwept">Bytes of them.</param>
/// <param name="MarksWaiting">Marks that must wait, for their grace or for runs that are under way.</param>
public sealed record CompactionResult(
    int VersionsErased, int PacksMarked, int PacksRewritten, int PacksSwept, long BytesSwept, int MarksWaiting);
