using System.Management.Automation;
using System.Security;
using TsBackup.Binding;
using TsBackup.Operations;
using TsBackup.Pipeline;

namespace TsBackup.Commands;

/// <summary>Copies versions to a second repository.</summary>
[Cmdlet(VerbsCommon.Copy, "BackupVersion", DefaultParameterSetName = ById, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(BackupCopy))]
public sealed class CopyBackupVersionCommand : VersionCmdlet
{
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = "";

    [Parameter]
    [PassphraseTransformation]
    [ValidateNotNull]
    public SecureString? DestinationPassphrase { get; set; }

    protected override async Task ProcessAsync(CancellationToken cancellation)
    {
        var (repository, header) = await FindVersionAsync(null, null, cancellation).ConfigureAwait(false);
        var location = await LocateAsync(Destination).ConfigureAwait(false);
        if (!await ShouldProcessAsync($"{header.Id} in {repository.Location}", $"Copy version to {location}").ConfigureAwait(false))
            return;
        using var key = await KeyOfAsync(DestinationPassphrase).ConfigureAwait(false);
        await using var destination = await RepositoryConnection
            .OpenAsync(location, key, SeenPositions.OfUser(), cancellation).ConfigureAwait(false);
        WriteObject(await CopyOperation.RunAsync(repository, destination, header, Observer, cancellation).ConfigureAwait(false));
    }
}
