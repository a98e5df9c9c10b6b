using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Operations;

namespace TsBackup.Cli.Commands;

internal static class RepairCommand
{
    private static readonly Option<string[]> s_from = new("--from")
    {
        Description = "Repository that versions were copied to or came from; what is lost is taken from it. May be repeated.",
        DefaultValueFactory = _ => [],
    };
    private static readonly Option<FileInfo?> s_fromPassphrase = new("--from-passphrase-file")
    {
        Description = "File with the passphrase of those repositories, when it differs.",
    };
    private static readonly Option<bool> s_plan = new("--plan") { Description = "Only show what would be done." };
    private static readonly Option<bool> s_acceptRollback = new("--accept-rollback")
    {
        Description = "Take the repository as it is, although this client saw a later state of it.",
    };

    public static Command Make()
    {
        var command = new Command("repair", "Make a damaged repository sound, and name exactly what stays lost; backups may run meanwhile.")
        {
            s_from, s_fromPassphrase, s_plan, s_acceptRollback,
        };
        SharedOptions.AddRepository(command);
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        await using var sources = await invocation
            .OpenCopiesAsync(invocation.Get(s_from) ?? [], invocation.Get(s_fromPassphrase)).ConfigureAwait(false);
        var result = await RepairAsync(invocation, sources?.Open ?? []).ConfigureAwait(false);
        invocation.Observer.Finish();
        if (invocation.Json)
            Output.Json(result);
        else
            Print(result);
        return result.NothingLost ? ExitCode.Done : ExitCode.Incomplete;
    }

    private static async Task<BackupRepair> RepairAsync(Invocation invocation, IReadOnlyList<RepositoryConnection> sources)
    {
        var location = invocation.Parsed.GetRequiredValue(SharedOptions.Repository);
        using var key = invocation.Key()();
        if (invocation.Get(s_plan))
        {
            return await RepairOperation.PlanAsync(
                location, key, sources, invocation.Observer, invocation.Cancellation).ConfigureAwait(false);
        }
        if (invocation.Get(s_acceptRollback))
            SeenPositions.OfUser()?.Forget(location);
        await using var repository = await RepairOperation
            .OpenAsync(location, key, SeenPositions.OfUser(), invocation.Observer, invocation.Cancellation).ConfigureAwait(false);
        return await RepairOperation.RunAsync(repository, sources, invocation.Observer, invocation.Cancellation).ConfigureAwait(false);
    }

    private static void Print(BackupRepair result)
    {
        Output.List(new
        {
            result.Repository,
            result.IsPlan,
            result.NothingLost,
            ObjectsDropped = result.ObjectsDropped.Count,
            result.PacksIndexed,
            result.BlocksSaved,
            result.BlocksHealed,
        });
        foreach (var name in result.ObjectsDropped)
            Console.Out.WriteLine($"  dropped {name}");
        if (result.Versions.Count == 0)
            return;
        Console.Out.WriteLine();
        Output.Table(
            ["Version", "Outcome", "Replacement", "Rows lost"],
            result.Versions.Select(v => (IReadOnlyList<object?>)[v.VersionId, v.Outcome, v.ReplacementId, v.RowsLost]));
        foreach (var problem in result.Versions.SelectMany(version => version.Lost))
            Console.Out.WriteLine($"{problem.VersionId}: {problem.Message}");
    }
}
