using System.Management.Automation;
using TsBackup.Operations;
using TsBackup.Pipeline;

namespace TsBackup.Commands;

/// <summary>Removes key slots of a repository.</summary>
[Cmdlet(VerbsCommon.Remove, "BackupKey", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(BackupKey))]
public sealed class RemoveBackupKeyCommand : RepositoryCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Repository { get; set; } = "";

    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string KeyId { get; set; } = "";

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override async Task ProcessAsync(CancellationToken cancellation)
    {
        var repository = await OpenRepositoryAsync(Repository, cancellation).ConfigureAwait(false);
        if (!await ShouldProcessAsync($"{KeyId} of {repository.Location}", "Remove key slot").ConfigureAwait(false))
            return;
        var keys = await KeyOperation.ListAsync(repository, cancellation).ConfigureAwait(false);
        var gone = await KeyOperation.RemoveAsync(repository, KeyId, cancellation).ConfigureAwait(false);
        foreach (var id in gone.Skip(1))
            WriteWarning($"The key slot {id} was damaged or not genuine and is removed too.");
        if (PassThru && keys.FirstOrDefault(key => key.KeyId == gone[0]) is { } removed)
            WriteObject(removed);
    }
}
