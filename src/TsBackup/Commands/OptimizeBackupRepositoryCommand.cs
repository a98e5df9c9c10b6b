using System.Management.Automation;
using TsBackup.Operations;
using TsBackup.Pipeline;
using TsBackup.Repository;

namespace TsBackup.Commands;

/// <summary>Frees the space of what no version needs any more.</summary>
[Cmdlet(VerbsCommon.Optimize, "BackupRepository", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(BackupCompaction))]
public sealed class OptimizeBackupRepositoryCommand : RepositoryCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Repository { get; set; } = [];

    [Parameter]
    public TimeSpan Grace { get; set; } = CompactionOptions.Default.Grace;

    [Parameter]
    public TimeSpan KeepRemoved { get; set; } = CompactionOptions.Default.KeepRemoved;

    [Parameter]
    [ValidateRange(0.0, 1.0)]
    public double MaxUnused { get; set; } = CompactionOptions.Default.MaxUnused;

    [Parameter]
    public SwitchParameter RewriteOldEpochs { get; set; }

    protected override Task ProcessAsync(CancellationToken cancellation) => ForEachAsync(Repository, async location =>
    {
        var repository = await OpenRepositoryAsync(location, cancellation).ConfigureAwait(false);
        if (!await ShouldProcessAsync(repository.Location, "Compact").ConfigureAwait(false))
            return;
        var options = CompactionOptions.Default with
        {
            Grace = Grace,
            KeepRemoved = KeepRemoved,
            MaxUnused = MaxUnused,
            RewriteOldEpochs = RewriteOldEpochs,
        };
        WriteObject(await CompactionOperation.RunAsync(repository, options, cancellation).ConfigureAwait(false));
    });
}
