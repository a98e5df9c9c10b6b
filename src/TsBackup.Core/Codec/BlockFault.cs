using TsBackup.Errors;

namespace TsBackup.Codec;

/// <summary>Makes the errors a reader of blocks may throw.</summary>
internal static class BlockFault
{
    public static TsBackupException Damaged(string fact) =>
        new(ErrorId.BlockDamaged,
            $"The block is damaged: {fact}.", hint: "Test the version at level Full to learn which tables are concerned.");

    public static TsBackupException Unknown(string what, int number) =>
        new(ErrorId.EncodingUnknown, $"The block uses {what} {number}, which this build does not know.", hint: "Use a newer TsBackup.");
}
