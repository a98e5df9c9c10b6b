using System.Management.Automation;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Pipeline;
using TsBackup.Repository;

namespace TsBackup.Commands;

/// <summary>Shows repositories as they are now.</summary>
[Cmdlet(VerbsCommon.Get, "BackupRepository")]
[OutputType(typeof(BackupRepository))]
public sealed class GetBackupRepositoryCommand : RepositoryCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Repository { get; set; } = [];

    [Parameter]
    public SwitchParameter NoProbe { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? KnownPosition { get; set; }

    protected override Task ProcessAsync(CancellationToken cancellation) => ForEachAsync(Repository, async location =>
    {
        var known = KnownPosition is null ? null : LogPosition.Parse(KnownPosition);
        RepositoryConnection repository;
        try
        {
            repository = await OpenRepositoryAsync(location, cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (e.Kind is not (ErrorKind.InvalidInput or ErrorKind.Authentication))
        {
            // Whoever compares several places sees this one too, and nobody mistakes a misspelt path for an empty repository.
            WriteObject(RepositoryInspection.Unreachable(await LocateAsync(location).ConfigureAwait(false), e));
            throw;
        }
        if (known is not null)
            await repository.Repository.Log.RequireAsync(known, cancellation).ConfigureAwait(false);
        WriteObject(await RepositoryInspection.RunAsync(repository, !NoProbe, cancellation).ConfigureAwait(false));
    });
}
