using System.Management.Automation;
using TsBackup.Binding;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Pipeline;
using TsBackup.Repository;

namespace TsBackup.Commands;

/// <summary>Proves that versions can be restored.</summary>
[Cmdlet(
    VerbsDiagnostic.Test,
    "TimeSeriesBackup", DefaultParameterSetName = ById, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(BackupTestResult))]
public sealed class TestTimeSeriesBackupCommand : CopiesCmdlet
{
    private readonly HashSet<string> _stored = new(StringComparer.Ordinal);
    private readonly List<FoundVersion> _waiting = [];
    private TestRun? _run;

    [Parameter]
    public BackupTestLevel Level { get; set; } = BackupTestLevel.Full;

    [Parameter]
    public TimeSpan? MaxAge { get; set; }

    [Parameter]
    public TimeSpan? MaxDuration { get; set; }

    [Parameter]
    [ValidateRange(0.000001, 100.0)]
    public double Sample { get; set; } = 100;

    [Parameter]
    public int? Seed { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StoreCompleter))]
    public string? Store { get; set; }

    protected override async Task ProcessAsync(CancellationToken cancellation)
    {
        Limits.Check(Level);
        if (Level == BackupTestLevel.Stored)
        {
            await TestStoredAsync(cancellation).ConfigureAwait(false);
            return;
        }
        var found = await FindVersionToTestAsync(cancellation).ConfigureAwait(false);

        // What was tested longest ago comes first when there may be no time for all, so all must be known.
        if (MaxDuration is null)
            await TestAsync(found, cancellation).ConfigureAwait(false);
        else
            _waiting.Add(found);
    }

    protected override async Task EndAsync(CancellationToken cancellation)
    {
        foreach (var group in _waiting.GroupBy(waiting => waiting.Repository))
        {
            var headers = group.Select(waiting => waiting.Header);
            foreach (var header in await Run.OrderAsync(group.Key, headers, Level, cancellation).ConfigureAwait(false))
                await TestAsync(group.First() with { Header = header }, cancellation).ConfigureAwait(false);
        }
        await Run.KeepAsync(cancellation).ConfigureAwait(false);
    }

    protected override async ValueTask DisposeAsync()
    {
        // Also when the pipeline was stopped: what was tested was tested.
        if (_run is not null)
            await _run.KeepAsync(CancellationToken.None).ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private TestLimits Limits => Seed is { } seed
        ? new TestLimits { MaxAge = MaxAge, MaxDuration = MaxDuration, Sample = Sample, Seed = seed }
        : new TestLimits { MaxAge = MaxAge, MaxDuration = MaxDuration, Sample = Sample };

    private TestRun Run => _run ??= new TestRun(Limits, Observer);

    private async Task TestAsync(FoundVersion found, CancellationToken cancellation)
    {
        var header = found.Header;
        await using var store = OpenStore(header);
        if (Level == BackupTestLevel.Drill && !await AskAsync(store!, header).ConfigureAwait(false))
            return;
        var request = new TestRequest
        {
            Repository = found.Repository,
            Copies = found.Others,
            Heal = Heal && found.Meant is not null,
            Level = Level,
            Store = store,
            OpenStore = address => Access.Open(address, Observer),
            Observer = Observer,
        };
        Report(await Run.RunAsync(request, header, cancellation).ConfigureAwait(false));
    }

    private Task<bool> AskAsync(IConnector store, VersionHeader header) =>
        ShouldProcessAsync(store.Address.ToString(), $"Restore version {header.Id} into a scratch store, compare and drop it");

    private IConnector? OpenStore(VersionHeader header) =>
        Level is BackupTestLevel.Source or BackupTestLevel.Drill ? OpenStore(Store ?? header.Store) : null;

    private async Task TestStoredAsync(CancellationToken cancellation)
    {
        // Stored concerns the repository as a whole: of several piped versions the first one tests it.
        var location = await LocateAsync(RepositoryMeant).ConfigureAwait(false);
        if (!_stored.Add(location))
            return;
        if (await TryOpenAsync(cancellation).ConfigureAwait(false) is { } known)
        {
            var copies = Heal ? await OpenCopiesAsync(cancellation).ConfigureAwait(false) : [];
            Report(await Run.RunStoredAsync(known, copies, cancellation).ConfigureAwait(false));
            return;
        }
        await using var repository = await RepositoryConnection.OpenAsync(location, null, cancellation).ConfigureAwait(false);
        WriteVerbose("Opened without a secret, so that the result is not kept in the repository.");
        Report(await new TestRun(Limits, Observer).RunStoredAsync(repository, cancellation).ConfigureAwait(false));
    }

    /// <summary>
    /// Opens the repository with a secret, if there is one, so that results are kept; damage to its keys is what is tested.
    /// </summary>
    private async Task<RepositoryConnection?> TryOpenAsync(CancellationToken cancellation)
    {
        var mustOpen = HasSecret || MaxAge is not null || Heal;
        if (!mustOpen && Environment.GetEnvironmentVariable(RepositorySecret.Variable) is not { Length: > 0 })
            return null;
        try
        {
            return await OpenRepositoryAsync(RepositoryMeant, cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (e.Id != ErrorId.RepositoryRolledBack
            && (e.Kind == ErrorKind.Damaged || (e.Kind == ErrorKind.Authentication && !mustOpen)))
        {
            WriteVerbose(e.Message);
            return null;
        }
    }

    private void Report(BackupTestResult result)
    {
        WriteObject(result);
        var subject = result.VersionId.Length > 0 ? $"Version {result.VersionId} in {result.Repository}" : result.Repository;
        if (result.Outcome == BackupTestOutcome.Failed)
            WriteWarning($"{subject} did not pass: {result.Problems.Count} problems, the first: {result.Problems[0].Message}");
        else if (result.Outcome == BackupTestOutcome.NotReached)
            WriteWarning($"{subject} was not looked at within {MaxDuration}.");
        else if (result.Outcome == BackupTestOutcome.Partial && !result.IsSample)
            WriteWarning(FormattableString.Invariant($"Of {subject} {result.Coverage:P1} was looked at within {MaxDuration}."));
    }
}
