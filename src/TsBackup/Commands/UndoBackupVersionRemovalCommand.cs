using System.Management.Automation;
using TsBackup.Operations;
using TsBackup.Pipeline;

namespace TsBackup.Commands;

/// <summary>Takes removed versions back that no compaction has erased yet.</summary>
[Cmdlet(VerbsCommon.Undo, "BackupVersionRemoval", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(BackupVersion))]
public sealed class UndoBackupVersionRemovalCommand : RepositoryCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Repository { get; set; } = "";

    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string VersionId { get; set; } = "";

    protected override async Task ProcessAsync(CancellationToken cancellation)
    {
        var repository = await OpenRepositoryAsync(Repository, cancellation).ConfigureAwait(false);
        if (await ShouldProcessAsync($"{VersionId} in {repository.Location}", "Take back version").ConfigureAwait(false))
            WriteObject(await RetentionOperation.TakeBackAsync(repository, VersionId, cancellation).ConfigureAwait(false));
    }
}
