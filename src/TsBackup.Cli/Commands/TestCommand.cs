using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Connectors;
using TsBackup.Operations;
using TsBackup.Repository;

namespace TsBackup.Cli.Commands;

internal static class TestCommand
{
    private const string All = "all";

    private static readonly Argument<string> s_version = new("version") { Description = "Version id, the beginning of one, latest, or all.", DefaultValueFactory = _ => VersionQuery.Latest };
    private static readonly Option<BackupTestLevel> s_level = new("--level") { Description = "quick, stored, full, source or drill.", DefaultValueFactory = _ => BackupTestLevel.Full };

    public static Command Make()
    {
        var command = new Command("test", "Prove that versions can be restored.") { s_version, s_level, SharedOptions.Store, SharedOptions.Parallelism };
        SharedOptions.AddRepository(command);
        SharedOptions.AddStore(command);
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var results = invocation.Get(s_level) == BackupTestLevel.Stored
            ? [await TestStoredAsync(invocation).ConfigureAwait(false)]
            : await TestVersionsAsync(invocation).ConfigureAwait(false);
        invocation.Observer.Finish();
        if (invocation.Json)
            Output.Json(results.Count == 1 ? results[0] : results);
        else
            Print(results);
        return results.All(r => r.Passed) ? ExitCode.Done : ExitCode.Damaged;
    }

    private static async Task<BackupTestResult> TestStoredAsync(Invocation invocation)
    {
        var location = invocation.Parsed.GetRequiredValue(SharedOptions.Repository);
        await using var repository = await RepositoryConnection.OpenAsync(location, null, invocation.Cancellation).ConfigureAwait(false);
        return await StoredTest.RunAsync(repository, invocation.Observer, invocation.Cancellation).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<BackupTestResult>> TestVersionsAsync(Invocation invocation)
    {
        await using var repository = await invocation.OpenRepositoryAsync().ConfigureAwait(false);
        var results = new List<BackupTestResult>();
        foreach (var header in await SelectAsync(invocation, repository).ConfigureAwait(false))
        {
            await using var store = OpenStore(invocation, header);
            results.Add(await TestOperation.RunAsync(
                new TestRequest
                {
                    Repository = repository,
                    Level = invocation.Get(s_level),
                    Store = store,
                    OpenStore = address => OpenScratch(invocation, address),
                    Parallelism = invocation.Get(SharedOptions.Parallelism),
                    Observer = invocation.Observer,
                },
                header,
                invocation.Cancellation).ConfigureAwait(false));
        }
        return results;
    }

    private static async Task<IReadOnlyList<VersionHeader>> SelectAsync(Invocation invocation, RepositoryConnection repository)
    {
        var version = invocation.Get(s_version);
        // A drill may go to another store than the version's own, so the store option does not choose versions there.
        var store = invocation.Get(s_level) == BackupTestLevel.Drill ? null : invocation.Get(SharedOptions.Store);
        if (!string.Equals(version, All, StringComparison.OrdinalIgnoreCase))
            return [await VersionQuery.FindAsync(repository, version, store, null, invocation.Cancellation).ConfigureAwait(false)];
        var headers = new List<VersionHeader>();
        foreach (var item in await VersionQuery.ListAsync(repository, store, invocation.Cancellation).ConfigureAwait(false))
            headers.Add(await VersionQuery.FindAsync(repository, item.VersionId, null, null, invocation.Cancellation).ConfigureAwait(false));
        return headers;
    }

    private static IConnector? OpenStore(Invocation invocation, VersionHeader header) =>
        invocation.Get(s_level) is BackupTestLevel.Source or BackupTestLevel.Drill
            ? invocation.OpenStore(invocation.Get(SharedOptions.Store) ?? header.Store)
            : null;

    private static IConnector OpenScratch(Invocation invocation, StoreAddress address) => invocation.OpenStore(address);

    private static void Print(IReadOnlyList<BackupTestResult> results)
    {
        Output.Table(
            ["Version", "Level", "Passed", "Slices", "Blocks", "Rows", "Duration", "Problems"],
            results.Select(r => (IReadOnlyList<object?>)[r.VersionId, r.Level, r.Passed, r.Slices, r.Blocks, r.Rows, r.Duration, r.Problems.Count]));
        foreach (var problem in results.SelectMany(r => r.Problems))
            Console.Out.WriteLine($"  {problem.ErrorId}: {problem.Message}");
    }
}
