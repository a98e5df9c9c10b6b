using System.Management.Automation;
using TsBackup.Binding;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Pipeline;

namespace TsBackup.Commands;

/// <summary>Backs stores up into one or several repositories.</summary>
[Cmdlet(VerbsData.Backup, "TimeSeries", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(BackupVersion))]
public sealed class BackupTimeSeriesCommand : RepositoryCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StoreCompleter))]
    public string Store { get; set; } = "";

    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string[] Repository { get; set; } = [];

    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TableCompleter))]
    public string[] Table { get; set; } = [];

    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] ExcludeTable { get; set; } = [];

    [Parameter]
    [TimeTransformation]
    public long? Start { get; set; }

    [Parameter]
    [TimeTransformation]
    public long? End { get; set; }

    [Parameter]
    public SwitchParameter NoSettings { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[] Tag { get; set; } = [];

    [Parameter]
    public SwitchParameter Protect { get; set; }

    [Parameter]
    public SwitchParameter Full { get; set; }

    [Parameter]
    [ValidateNotNull]
    [Credential]
    public PSCredential? Credential { get; set; }

    [Parameter]
    public SwitchParameter AllowUntrustedCertificate { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int TimeoutSec { get; set; } = StoreAccess.DefaultTimeout;

    protected override async Task ProcessAsync(CancellationToken cancellation)
    {
        var scope = ScopeOf(Table, ExcludeTable, Start, End, NoSettings);
        await using var store = OpenStore(Store, new StoreAccess(Credential, AllowUntrustedCertificate, TimeoutSec));
        var name = store.Address.ToString();
        if (!await ShouldProcessAsync(name, $"Back up to {string.Join(", ", Repository)}").ConfigureAwait(false))
            return;

        // Deriving a key takes about as long as asking the store what it holds, so both are done at once.
        var planning = Task.Run(() => BackupPlan.MakeAsync(store, scope, Observer, TimeProvider.System, cancellation), cancellation);
        await using var repositories = await OpenBesideAsync(planning, cancellation).ConfigureAwait(false);
        var outcomes = await BackupOperation.RunAsync(
            new BackupRequest
            {
                Connector = store,
                Repositories = repositories.Open,
                Plan = await planning.ConfigureAwait(false),
                Scope = scope,
                Tags = Tag,
                Protect = Protect,
                Full = Full,
                Observer = Observer,
            },
            cancellation).ConfigureAwait(false);
        foreach (var error in repositories.Failures)
            WriteError(error);
        foreach (var outcome in outcomes)
            Report(outcome, name);
    }

    private async Task<RepositorySet> OpenBesideAsync(Task planning, CancellationToken cancellation)
    {
        try
        {
            return await OpenRepositoriesAsync(Repository, cancellation).ConfigureAwait(false);
        }
        finally
        {
            // The store is closed after a failure, and must not be while it is asked.
            await planning.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Report(BackupOutcome outcome, string store)
    {
        if (outcome.Error is { } error)
            WriteError(error);
        if (outcome.Version is not { } version)
            return;
        WriteObject(version);
        if (version.State == BackupVersionState.Complete)
            return;
        WriteWarning($"Version {version.VersionId} of {store} in {outcome.Repository} is Incomplete.");
        WriteError(new TsBackupException(
            ErrorId.BackupIncomplete,
            $"Parts of {store} are missing in version {version.VersionId}; the first: {version.Reasons.FirstOrDefault()}",
            version.VersionId,
            "The property Reasons names each part. The next backup reads them again and takes over what is stored."));
    }
}
