using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Operations;

namespace TsBackup.Cli.Commands;

internal static class VersionsCommand
{
    private static readonly Option<bool> s_removed = new("--removed")
    {
        Description = "List the removed versions instead, which 'remove --undo' can take back until the next compaction.",
    };

    public static Command Make()
    {
        var command = new Command("versions", "List the versions of a repository, oldest first.") { SharedOptions.Store, s_removed };
        SharedOptions.AddRepository(command);
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        await using var repository = await invocation.OpenRepositoryAsync().ConfigureAwait(false);
        var filter = new VersionFilter
        {
            Stores = invocation.Get(SharedOptions.Store) is { } store ? [store] : [],
            Removed = invocation.Get(s_removed),
        };
        var versions = await filter
            .ListAsync(repository, problem => invocation.Observer.Warning(problem.Reason), invocation.Cancellation).ConfigureAwait(false);
        if (invocation.Json)
        {
            Output.Json(versions);
            return ExitCode.Done;
        }
        Output.Table(
            ["Version", "State", "Store", "Tables", "Rows", "Points", "Stored bytes", "Last test", "Tags"],
            versions.Select(v => (IReadOnlyList<object?>)
            [
                v.VersionId, v.State, Store(v), v.Tables, v.Rows, v.Points, v.StoredBytes, v.LastTest, string.Join(",", v.Tags),
            ]));
        return ExitCode.Done;
    }

    private static string Store(BackupVersion version) =>
        version.Scope is "all" or "" ? version.Store : $"{version.Store} ({version.Scope})";
}
