using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Operations;

namespace TsBackup.Cli.Commands;

internal static class CompareCommand
{
    private static readonly Argument<string> s_first = new("version") { Description = "Version id, the beginning of one, or latest." };
    private static readonly Argument<string> s_second = new("with") { Description = "Another version, or the URI of a live store." };

    public static Command Make()
    {
        var command = new Command("compare", "Show what changed between two versions, or since a version in the live store.")
        {
            s_first, s_second, SharedOptions.Parallelism,
        };
        SharedOptions.AddRepository(command);
        SharedOptions.AddStore(command);
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        await using var repository = await invocation.OpenRepositoryAsync().ConfigureAwait(false);
        var differences = await CompareAsync(invocation, repository).ConfigureAwait(false);
        invocation.Observer.Finish();
        if (invocation.Json)
            Output.Json(differences);
        else
            Output.Table(
                ["Table", "Start", "End", "Kind", "Rows before", "Rows after", "Remark"],
                differences.Select(d => (IReadOnlyList<object?>)[d.Table, d.Start, d.End, d.Kind, d.RowsBefore, d.RowsAfter, d.Remark]));
        return differences.Count == 0 ? ExitCode.Done : ExitCode.Damaged;
    }

    private static async Task<IReadOnlyList<BackupDifference>> CompareAsync(Invocation invocation, RepositoryConnection repository)
    {
        var with = invocation.Get(s_second);
        var first = await VersionQuery.FindAsync(
            repository, invocation.Get(s_first), null, null, invocation.Cancellation).ConfigureAwait(false);
        if (with.Contains("://", StringComparison.Ordinal))
        {
            await using var store = invocation.OpenStore(with);
            return await CompareOperation
                .StoreAsync(
                    repository, first, store, invocation.Get(SharedOptions.Parallelism), invocation.Observer, invocation.Cancellation)
                .ConfigureAwait(false);
        }
        var of = VersionQuery.IsLatest(with) ? first.Store : null;
        var second = await VersionQuery.FindAsync(repository, with, of, null, invocation.Cancellation).ConfigureAwait(false);
        return await CompareOperation.VersionsAsync(repository, first, repository, second, invocation.Cancellation).ConfigureAwait(false);
    }
}
