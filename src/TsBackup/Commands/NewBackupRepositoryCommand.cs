using System.Management.Automation;
using TsBackup.Operations;
using TsBackup.Pipeline;
using TsBackup.Repository;

namespace TsBackup.Commands;

/// <summary>Creates an encrypted repository.</summary>
[Cmdlet(VerbsCommon.New, "BackupRepository", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(BackupRepository))]
public sealed class NewBackupRepositoryCommand : RepositoryCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Repository { get; set; } = "";

    protected override async Task ProcessAsync(CancellationToken cancellation)
    {
        var location = await LocateAsync(Repository).ConfigureAwait(false);
        if (!await ShouldProcessAsync(location, "Create a repository").ConfigureAwait(false))
            return;
        using var key = (await KeyAsync(confirm: true).ConfigureAwait(false))();
        await using var repository = await RepositoryConnection
            .CreateAsync(location, key, new RepositoryOptions(), cancellation).ConfigureAwait(false);
        SeenPositions.OfUser()?.Forget(repository.Location);
        WriteVerbose($"Without its secret nothing in {location} can be read: keep it safe, and apart from the repository.");
        WriteObject(await RepositoryInspection.RunAsync(repository, probe: true, cancellation).ConfigureAwait(false));
    }
}
