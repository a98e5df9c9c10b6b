using System.Management.Automation;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using TsBackup.Binding;
using TsBackup.Operations;
using TsBackup.Pipeline;
using TsBackup.Repository;

namespace TsBackup.Commands;

/// <summary>Adds a key slot to a repository: a further secret that opens it.</summary>
[Cmdlet(
    VerbsCommon.Add,
    "BackupKey",
    DefaultParameterSetName = "Passphrase",
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(BackupKey))]
public sealed class AddBackupKeyCommand : RepositoryCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Repository { get; set; } = "";

    [Parameter(Mandatory = true, ParameterSetName = "Passphrase")]
    [PassphraseTransformation]
    [ValidateNotNull]
    public SecureString? NewPassphrase { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "Certificate")]
    [ValidateNotNull]
    public X509Certificate2? NewCertificate { get; set; }

    [Parameter]
    public KeyAccess Access { get; set; } = KeyAccess.Full;

    [Parameter]
    [ValidateNotNull]
    public string Label { get; set; } = "";

    [Parameter(ParameterSetName = "Passphrase")]
    [ValidateRange(1_000, 20_000_000)]
    public int Iterations { get; set; } = RepositoryOptions.Default.KeyIterations;

    protected override async Task ProcessAsync(CancellationToken cancellation)
    {
        var repository = await OpenRepositoryAsync(Repository, cancellation).ConfigureAwait(false);
        if (!await ShouldProcessAsync(repository.Location, "Add a key slot").ConfigureAwait(false))
            return;
        using var key = NewCertificate is { } certificate
            ? KeySource.FromCertificate(certificate)
            : await KeyOfAsync(NewPassphrase).ConfigureAwait(false);
        WriteObject(await KeyOperation.AddAsync(repository, key, Access, Label, Iterations, cancellation).ConfigureAwait(false));
    }
}
