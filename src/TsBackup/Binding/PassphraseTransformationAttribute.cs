using System.Management.Automation;
using System.Security;

namespace TsBackup.Binding;

/// <summary>
/// Takes a passphrase as SecureString or as the password of a PSCredential; never as plain text, which stays in histories and logs.
/// </summary>
public sealed class PassphraseTransformationAttribute : ArgumentTransformationAttribute
{
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            null => null,
            SecureString secret => secret,
            PSCredential credential => credential.Password,
            _ => throw new ArgumentTransformationMetadataException(
                "A passphrase is a SecureString or a PSCredential, not plain text: "
                + "use Read-Host -AsSecureString, Get-Credential or Get-Secret."),
        };
}
