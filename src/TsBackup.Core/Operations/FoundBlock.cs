using TsBackup.Errors;

namespace TsBackup.Operations;

/// <summary>A block that is damaged or gone where it was looked for, and was found elsewhere.</summary>
/// <param name="Slice">Its slice.</param>
/// <param name="Index">Its index in the slice.</param>
/// <param name="Damage">What is wrong with it.</param>
/// <param name="Location">The repository that has it whole.</param>
/// <param name="VersionId">The version there that holds it.</param>
internal sealed record FoundBlock(SliceEntry Slice, int Index, TsBackupException Damage, string Location, string VersionId)
{
    /// <summary>Damage and remedy in words.</summary>
    public string Sentence => $"{Damage.Message} Block {Index + 1} of {Slice.Slice} was taken from version {VersionId} in {Location}.";
}
