using System.Management.Automation;
using TsBackup.Operations;
using TsBackup.Pipeline;

namespace TsBackup.Commands;

/// <summary>Lists the key slots of repositories.</summary>
[Cmdlet(VerbsCommon.Get, "BackupKey")]
[OutputType(typeof(BackupKey))]
public sealed class GetBackupKeyCommand : RepositoryCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Repository { get; set; } = [];

    protected override Task ProcessAsync(CancellationToken cancellation) => ForEachAsync(Repository, async location =>
    {
        var repository = await OpenRepositoryAsync(location, cancellation).ConfigureAwait(false);
        foreach (var key in await KeyOperation.ListAsync(repository, cancellation).ConfigureAwait(false))
        {
            WriteObject(key);
            if (key.Problem.Length > 0)
                WriteWarning($"Key slot {key.KeyId} in {repository.Location}: {key.Problem}");
        }
    });
}
