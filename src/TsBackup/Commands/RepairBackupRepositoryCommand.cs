using System.Management.Automation;
using System.Security;
using TsBackup.Binding;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Pipeline;

namespace TsBackup.Commands;

/// <summary>Makes damaged repositories sound, and names exactly what stays lost.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "BackupRepository", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(BackupRepair))]
public sealed class RepairBackupRepositoryCommand : RepositoryCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Repository { get; set; } = [];

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] From { get; set; } = [];

    [Parameter]
    [PassphraseTransformation]
    [ValidateNotNull]
    public SecureString? FromPassphrase { get; set; }

    [Parameter]
    public SwitchParameter AcceptRollback { get; set; }

    protected override Task ProcessAsync(CancellationToken cancellation) => ForEachAsync(Repository, async location =>
    {
        var place = await LocateAsync(location).ConfigureAwait(false);
        var consent = await AskAsync(place, "Repair", null, force: false).ConfigureAwait(false);
        if (consent == Consent.Refused)
            return;
        await using var sources = From.Length == 0
            ? null
            : await OpenRepositoriesAsync(From, FromPassphrase, cancellation).ConfigureAwait(false);
        using var key = (await KeyAsync().ConfigureAwait(false))();
        if (consent == Consent.PlanOnly)
        {
            WriteObject(await RepairOperation.PlanAsync(place, key, sources?.Open ?? [], Observer, cancellation).ConfigureAwait(false));
            return;
        }
        if (AcceptRollback)
            SeenPositions.OfUser()?.Forget(place);
        await using var repository = await RepairOperation
            .OpenAsync(place, key, SeenPositions.OfUser(), Observer, cancellation).ConfigureAwait(false);
        Report(await RepairOperation.RunAsync(repository, sources?.Open ?? [], Observer, cancellation).ConfigureAwait(false));
    });

    private void Report(BackupRepair result)
    {
        WriteObject(result);
        foreach (var version in result.Versions.Where(version => version.Lost.Count > 0))
        {
            WriteError(new TsBackupException(
                ErrorId.VersionIncomplete,
                $"Version {version.VersionId} in {result.Repository} has lost {version.RowsLost} rows; "
                + $"the first: {version.Lost[0].Message}",
                version.VersionId,
                "The property Versions names every slice that is lost. The next backup reads from the store what it still has."));
        }
    }
}
