using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Operations;

namespace TsBackup.Cli.Commands;

internal static class ContentsCommand
{
    private static readonly Argument<string> s_version = new("version")
    {
        Description = "Version id, the beginning of one, or latest.",
        DefaultValueFactory = _ => VersionQuery.Latest,
    };

    public static Command Make()
    {
        var command = new Command("contents", "List the tables of a version.") { s_version, SharedOptions.Store, SharedOptions.Before };
        SharedOptions.AddRepository(command);
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        await using var repository = await invocation.OpenRepositoryAsync().ConfigureAwait(false);
        var header = await VersionQuery
            .FindAsync(repository,
                invocation.Get(s_version), invocation.Get(SharedOptions.Store), SharedOptions.BeforeOf(invocation), invocation.Cancellation)
            .ConfigureAwait(false);
        var tables = await VersionQuery.ContentsAsync(repository, header, invocation.Cancellation).ConfigureAwait(false);
        if (invocation.Json)
        {
            Output.Json(tables);
            return ExitCode.Done;
        }
        Output.Table(
            ["Table", "Rows", "Points", "First", "Last", "Bytes", "Digest"],
            tables.Select(t => (IReadOnlyList<object?>)[t.ToString(), t.Rows, t.Points, t.First, t.Last, t.BlockBytes, t.Digest[..16]]));
        foreach (var table in tables.Where(t => t.ChangesFound is not null))
            Console.Out.WriteLine($"{table}: changes are found {table.ChangesFound}.");
        return ExitCode.Done;
    }
}
