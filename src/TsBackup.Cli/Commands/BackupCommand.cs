using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Errors;
using TsBackup.Operations;

namespace TsBackup.Cli.Commands;

internal static class BackupCommand
{
    private static readonly Argument<string> s_store = new("store") { Description = "URI of the store." };
    private static readonly Option<string[]> s_repositories = new("--repository", "-r")
    {
        Description = "Repository; may be repeated to write several copies in one reading.",
        Required = true,
    };
    private static readonly Option<string[]> s_tags = new("--tag")
    {
        Description = "Label of the version; may be repeated.",
        DefaultValueFactory = _ => [],
    };
    private static readonly Option<bool> s_protect = new("--protect")
    {
        Description = "Let no rule remove the version, and nobody without --force.",
    };
    private static readonly Option<bool> s_full = new("--full") { Description = "Read everything, even what has not changed." };

    public static Command Make()
    {
        var command = new Command("backup", "Back a store up into one or several repositories.")
        {
            s_store, s_repositories, s_tags, s_protect, s_full,
        };
        SharedOptions.AddKey(command);
        command.Add(SharedOptions.Parallelism);
        SharedOptions.AddScope(command);
        SharedOptions.AddStore(command);
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var scope = SharedOptions.ScopeOf(invocation);
        await using var store = invocation.OpenStore(invocation.Get(s_store));
        var key = invocation.Key();

        // Deriving a key takes about as long as asking the store what it holds, so both are done at once.
        var planning = Task.Run(
            () => BackupPlan.MakeAsync(
                store, scope, invocation.Observer, TimeProvider.System, invocation.Cancellation), invocation.Cancellation);
        var opening = Task.Run(
            () => RepositorySet.OpenAsync(
                invocation.Get(s_repositories)!,
                key,
                SeenPositions.OfUser(),
                invocation.Observer,
                invocation.Cancellation),
            invocation.Cancellation);
        await ((Task)planning).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await using var repositories = await opening.ConfigureAwait(false);
        var outcomes = await BackupOperation.RunAsync(
            new BackupRequest
            {
                Connector = store,
                Repositories = repositories.Open,
                Plan = await planning.ConfigureAwait(false),
                Scope = scope,
                Tags = invocation.Get(s_tags) ?? [],
                Protect = invocation.Get(s_protect),
                Full = invocation.Get(s_full),
                Parallelism = invocation.Get(SharedOptions.Parallelism),
                Observer = invocation.Observer,
            },
            invocation.Cancellation).ConfigureAwait(false);
        invocation.Observer.Finish();
        return Report(invocation, outcomes, repositories.Failures);
    }

    private static int Report(Invocation invocation, IReadOnlyList<BackupOutcome> outcomes, IReadOnlyList<TsBackupException> failures)
    {
        var versions = outcomes.Where(o => o.Version is not null).Select(o => o.Version!).ToArray();
        if (invocation.Json)
            Output.Json(versions.Length == 1 ? versions[0] : versions);
        else
            Print(versions);
        foreach (var error in outcomes.Where(o => o.Error is not null).Select(o => o.Error!).Concat(failures)
            .Concat(Shortfalls.Of(versions)))
        {
            Output.Error(error, json: false);
        }
        if (failures.Count > 0 || outcomes.Any(o => o.Error is not null))
            return ExitCode.Incomplete;
        return versions.All(v => v.State == BackupVersionState.Complete) ? ExitCode.Done : ExitCode.Incomplete;
    }

    private static void Print(BackupVersion[] versions)
    {
        foreach (var version in versions)
        {
            Output.List(version);
            Console.Out.WriteLine();
        }
    }
}
