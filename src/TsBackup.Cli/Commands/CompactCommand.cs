using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Operations;
using TsBackup.Repository;

namespace TsBackup.Cli.Commands;

internal static class CompactCommand
{
    private static readonly Option<TimeSpan> s_grace = new("--grace")
    {
        Description = $"Time between marking a pack and deleting it ({OptionValues.DurationForm}).",
        CustomParser = OptionValues.Duration,
        DefaultValueFactory = _ => CompactionOptions.Default.Grace,
    };
    private static readonly Option<bool> s_rewrite = new("--re-encrypt")
    {
        Description = "Store everything anew under the present keys, so that removed keys open nothing.",
    };

    public static Command Make()
    {
        var command = new Command("compact", "Free what no version needs any more; backups may run meanwhile.") { s_grace, s_rewrite };
        SharedOptions.AddRepository(command);
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        await using var repository = await invocation.OpenRepositoryAsync().ConfigureAwait(false);
        var options = new CompactionOptions { Grace = invocation.Get(s_grace), RewriteOldEpochs = invocation.Get(s_rewrite) };
        var result = await CompactionOperation.RunAsync(repository, options, invocation.Cancellation).ConfigureAwait(false);
        if (invocation.Json)
            Output.Json(result);
        else
            Output.List(result);
        return ExitCode.Done;
    }
}
