using System.Management.Automation;
using TsBackup.Operations;
using TsBackup.Pipeline;

namespace TsBackup.Commands;

/// <summary>Shows repositories as they are now.</summary>
[Cmdlet(VerbsCommon.Get, "BackupRepository")]
[OutputType(typeof(BackupRepository))]
public sealed class GetBackupRepositoryCommand : RepositoryCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Repository { get; set; } = [];

    protected override Task ProcessAsync(CancellationToken cancellation) => ForEachAsync(Repository, async location =>
    {
        var repository = await OpenRepositoryAsync(location, cancellation).ConfigureAwait(false);
        WriteObject(await RepositoryInspection.RunAsync(repository, cancellation).ConfigureAwait(false));
    });
}
