using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Operations;

namespace TsBackup.Cli.Commands;

internal static class InspectCommand
{
    private static readonly Argument<string> s_store = new("store") { Description = "URI of the store." };

    public static Command Make()
    {
        var command = new Command("inspect", "Show what a live store holds.") { s_store };
        SharedOptions.AddScope(command);
        SharedOptions.AddStore(command);
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        await using var store = invocation.OpenStore(invocation.Get(s_store));
        var found = await StoreInspection.RunAsync(store, SharedOptions.ScopeOf(invocation), invocation.Cancellation).ConfigureAwait(false);
        if (invocation.Json)
            Output.Json(found);
        else
            Output.List(found);
        return ExitCode.Done;
    }
}
