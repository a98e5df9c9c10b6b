using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>The errors of this folder, said the same way everywhere.</summary>
internal static class RepositoryErrors
{
    public static ErrorId IdOf(ObjectKind kind) => kind switch
    {
        ObjectKind.Config => ErrorId.ConfigDamaged,
        ObjectKind.Slot or ObjectKind.Grant => ErrorId.KeyDamaged,
        ObjectKind.Pack => ErrorId.PackDamaged,
        ObjectKind.Index => ErrorId.IndexDamaged,
        ObjectKind.Version => ErrorId.VersionDamaged,
        _ => ErrorId.RecordDamaged,
    };

    public static TsBackupException Damaged(ObjectKind kind, string name, string fact, Exception? inner = null) => new(
        IdOf(kind),
        $"The object '{name}' of the repository is damaged: {fact}.",
        name,
        kind switch
        {
            ObjectKind.Config => "Repair the repository: the object is made again from what the others say.",
            ObjectKind.Slot or ObjectKind.Grant =>
                "Open the repository with another key; repair then drops this one, and it can be added anew.",
            _ => "Test the repository, then repair it from its packs or from a copy.",
        },
        inner);

    public static TsBackupException WriteOnly(string what) => new(
        ErrorId.KeyCannotRead,
        $"{what} needs a key that may read; the key given may only write.",
        hint: "Use the passphrase or the certificate with private key of a slot with full access.");

    public static TsBackupException NoKey(string what) => new(
        ErrorId.PassphraseMissing,
        $"{what} needs a key of the repository.", hint: "Give the passphrase or a certificate with private key.");
}
