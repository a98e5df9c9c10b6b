using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;

namespace TsBackup.Cli.Commands;

internal static class TestCommand
{
    private const string All = "all";

    private static readonly Argument<string> s_version = new("version")
    {
        Description = "Version id, the beginning of one, latest, or all.",
        DefaultValueFactory = _ => VersionQuery.Latest,
    };
    private static readonly Option<BackupTestLevel> s_level = new("--level")
    {
        Description = "quick, stored, full, source or drill.",
        CustomParser = OptionValues.Choice<BackupTestLevel>,
        DefaultValueFactory = _ => BackupTestLevel.Full,
    };

    private static readonly Option<TimeSpan?> s_maxAge = new("--max-age")
    {
        Description =
            $"Do not test again what passed this level within this time ({OptionValues.DurationForm}); the repository keeps the results.",
        CustomParser = result => OptionValues.Duration(result),
    };
    private static readonly Option<TimeSpan?> s_maxDuration = new("--max-duration")
    {
        Description = $"Begin nothing after this time ({OptionValues.DurationForm}), and say what was not looked at; "
            + "what was tested longest ago comes first.",
        CustomParser = result => OptionValues.Duration(result),
    };
    private static readonly Option<double> s_sample = new("--sample")
    {
        Description = "Look at so many percent of the rows, chosen by chance; never a pass.",
        CustomParser = OptionValues.Number<double>,
        DefaultValueFactory = _ => 100,
    };
    private static readonly Option<int?> s_seed = new("--seed")
    {
        Description = "Number that chooses the sample, to choose the same again.",
        CustomParser = result => OptionValues.Number<int>(result),
    };

    public static Command Make()
    {
        var command = new Command("test", "Prove that versions can be restored.")
        {
            s_version, s_level, s_maxAge, s_maxDuration, s_sample, s_seed, SharedOptions.Store, SharedOptions.Parallelism,
        };
        SharedOptions.AddRepository(command);
        SharedOptions.AddStore(command);
        SharedOptions.AddCopies(command);
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var limits = new TestLimits
        {
            MaxAge = invocation.Get(s_maxAge),
            MaxDuration = invocation.Get(s_maxDuration),
            Sample = invocation.Get(s_sample),
            Seed = invocation.Get(s_seed) ?? Random.Shared.Next(),
        };
        limits.Check(invocation.Get(s_level));
        var run = new TestRun(limits, invocation.Observer);
        var results = invocation.Get(s_level) == BackupTestLevel.Stored
            ? [await TestStoredAsync(invocation, run, limits).ConfigureAwait(false)]
            : await TestVersionsAsync(invocation, run, limits).ConfigureAwait(false);
        invocation.Observer.Finish();
        if (invocation.Json)
            Output.Json(results.Count == 1 ? results[0] : results);
        else
            Print(results);
        foreach (var error in Shortfalls.Of(results, limits.MaxDuration))
            Output.Error(error, json: false);
        return results.Any(r => r.Outcome == BackupTestOutcome.Failed) ? ExitCode.Damaged
            : results.Any(r => !r.Passed && !r.IsSample) ? ExitCode.Incomplete
            : ExitCode.Done;
    }

    private static async Task<BackupTestResult> TestStoredAsync(Invocation invocation, TestRun run, TestLimits limits)
    {
        await using var copies = await invocation.OpenCopiesAsync().ConfigureAwait(false);
        await using var repository = await OpenStoredAsync(invocation, limits).ConfigureAwait(false);
        var result = await run
            .RunStoredAsync(
                repository, invocation.Get(SharedOptions.Heal) ? copies!.Open : [], invocation.Cancellation).ConfigureAwait(false);
        await run.KeepAsync(invocation.Cancellation).ConfigureAwait(false);
        return result;
    }

    /// <summary>Opens with a secret, if there is one, so that the result is kept; damage to the keys is what is tested.</summary>
    private static async Task<RepositoryConnection> OpenStoredAsync(Invocation invocation, TestLimits limits)
    {
        var mustOpen = limits.MaxAge is not null
            || invocation.Get(SharedOptions.Heal)
            || invocation.Get(SharedOptions.PassphraseFile) is not null
            || invocation.Get(SharedOptions.Certificate) is not null;
        try
        {
            if (mustOpen || Environment.GetEnvironmentVariable(Secrets.PassphraseVariable) is { Length: > 0 })
                return await invocation.OpenRepositoryAsync().ConfigureAwait(false);
        }
        catch (TsBackupException e) when (e.Id != ErrorId.RepositoryRolledBack
            && (e.Kind == ErrorKind.Damaged || (e.Kind == ErrorKind.Authentication && !mustOpen)))
        {
            invocation.Observer.Verbose(e.Message);
        }
        var location = invocation.Parsed.GetRequiredValue(SharedOptions.Repository);
        return await RepositoryConnection.OpenAsync(location, null, invocation.Cancellation).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<BackupTestResult>> TestVersionsAsync(Invocation invocation, TestRun run, TestLimits limits)
    {
        await using var copies = await invocation.OpenCopiesAsync().ConfigureAwait(false);
        await using var meant = await invocation.TryOpenRepositoryAsync(copies is not null).ConfigureAwait(false);
        var repository = meant ?? copies!.Open[0];
        RepositoryConnection[] others = [.. (copies?.Open ?? []).Where(copy => copy != repository)];
        var headers = await SelectAsync(invocation, repository).ConfigureAwait(false);
        if (limits.MaxDuration is not null)
            headers = await run.OrderAsync(repository, headers, invocation.Get(s_level), invocation.Cancellation).ConfigureAwait(false);
        var results = new List<BackupTestResult>();
        try
        {
            foreach (var header in headers)
                results.Add(await TestAsync(invocation, run, repository, others, header).ConfigureAwait(false));
        }
        finally
        {
            await run.KeepAsync(CancellationToken.None).ConfigureAwait(false);
        }
        return results;
    }

    private static async Task<BackupTestResult> TestAsync(
        Invocation invocation,
        TestRun run,
        RepositoryConnection repository,
        IReadOnlyList<RepositoryConnection> copies,
        VersionHeader header)
    {
        await using var store = OpenStore(invocation, header);
        var request = new TestRequest
        {
            Repository = repository,
            Copies = copies,
            Heal = invocation.Get(SharedOptions.Heal),
            Level = invocation.Get(s_level),
            Store = store,
            OpenStore = address => OpenScratch(invocation, address),
            Parallelism = invocation.Get(SharedOptions.Parallelism),
            Observer = invocation.Observer,
        };
        return await run.RunAsync(request, header, invocation.Cancellation).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<VersionHeader>> SelectAsync(Invocation invocation, RepositoryConnection repository)
    {
        var version = invocation.Get(s_version);
        // A drill may go to another store than the version's own, so the store option does not choose versions there.
        var store = invocation.Get(s_level) == BackupTestLevel.Drill ? null : invocation.Get(SharedOptions.Store);
        if (!string.Equals(version, All, StringComparison.OrdinalIgnoreCase))
            return [await VersionQuery.FindAsync(repository, version, store, null, invocation.Cancellation).ConfigureAwait(false)];
        return await VersionQuery.HeadersAsync(repository, store, invocation.Cancellation).ConfigureAwait(false);
    }

    private static IConnector? OpenStore(Invocation invocation, VersionHeader header) =>
        invocation.Get(s_level) is BackupTestLevel.Source or BackupTestLevel.Drill
            ? invocation.OpenStore(invocation.Get(SharedOptions.Store) ?? header.Store)
            : null;

    private static IConnector OpenScratch(Invocation invocation, StoreAddress address) => invocation.OpenStore(address);

    private static void Print(IReadOnlyList<BackupTestResult> results)
    {
        Output.Table(
            ["Version", "Level", "Outcome", "Coverage", "Last passed", "Blocks", "Rows", "Duration", "Problems"],
            results.Select(r => (IReadOnlyList<object?>)
                [r.VersionId, r.Level, r.Outcome, Output.Share(r.Coverage), r.LastPassed, r.Blocks, r.Rows, r.Duration, r.Problems.Count]));
        foreach (var problem in results.SelectMany(r => r.Problems))
            Output.Problem(problem);
        foreach (var repair in results.Select(r => r.Repair).OfType<BackupRepair>())
            Console.Out.WriteLine($"  {repair.Repository} was repaired: {repair.BlocksHealed} blocks healed, {repair.RowsLost} rows lost.");
    }
}
