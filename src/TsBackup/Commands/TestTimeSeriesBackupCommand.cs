using System.Management.Automation;
using TsBackup.Binding;
using TsBackup.Connectors;
using TsBackup.Operations;
using TsBackup.Pipeline;
using TsBackup.Repository;

namespace TsBackup.Commands;

/// <summary>Proves that versions can be restored.</summary>
[Cmdlet(VerbsDiagnostic.Test, "TimeSeriesBackup", DefaultParameterSetName = ById, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(BackupTestResult))]
public sealed class TestTimeSeriesBackupCommand : VersionCmdlet
{
    private readonly HashSet<string> _stored = new(StringComparer.Ordinal);

    [Parameter]
    public BackupTestLevel Level { get; set; } = BackupTestLevel.Full;

    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StoreCompleter))]
    public string? Store { get; set; }

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
        if (Level == BackupTestLevel.Stored)
        {
            await TestStoredAsync(cancellation).ConfigureAwait(false);
            return;
        }
        var (repository, header) = await FindVersionAsync(null, null, cancellation).ConfigureAwait(false);
        await using var store = OpenStore(header);
        if (Level == BackupTestLevel.Drill
            && !await ShouldProcessAsync(store!.Address.ToString(), $"Restore version {header.Id} into a scratch store, compare and drop it").ConfigureAwait(false))
        {
            return;
        }
        var request = new TestRequest
        {
            Repository = repository,
            Level = Level,
            Store = store,
            OpenStore = address => Access.Open(address, Observer),
            Observer = Observer,
        };
        Report(await TestOperation.RunAsync(request, header, cancellation).ConfigureAwait(false));
    }

    private StoreAccess Access => new(Credential, AllowUntrustedCertificate, TimeoutSec);

    private IConnector? OpenStore(VersionHeader header) =>
        Level is BackupTestLevel.Source or BackupTestLevel.Drill ? OpenStore(Store ?? header.Store, Access) : null;

    private async Task TestStoredAsync(CancellationToken cancellation)
    {
        // Stored concerns the repository as a whole: of several piped versions the first one tests it.
        var location = await LocateAsync(RepositoryMeant).ConfigureAwait(false);
        if (!_stored.Add(location))
            return;
        await using var repository = await RepositoryConnection.OpenAsync(location, null, cancellation).ConfigureAwait(false);
        Report(await StoredTest.RunAsync(repository, Observer, cancellation).ConfigureAwait(false));
    }

    private void Report(BackupTestResult result)
    {
        WriteObject(result);
        if (!result.Passed)
            WriteWarning($"{result.Repository} {result.VersionId} did not pass: {result.Problems.Count} problems, the first: {result.Problems[0].Message}");
    }
}
