using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Operations;

namespace TsBackup.Cli.Commands;

internal static class InfoCommand
{
    public static Command Make()
    {
        var command = new Command("info", "Show a repository.");
        SharedOptions.AddRepository(command);
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        await using var repository = await invocation.OpenRepositoryAsync().ConfigureAwait(false);
        var info = await RepositoryInspection.RunAsync(repository, invocation.Cancellation).ConfigureAwait(false);
        if (invocation.Json)
            Output.Json(info);
        else
            Output.List(info);
        return ExitCode.Done;
    }
}
