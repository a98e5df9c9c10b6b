using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Operations;
using TsBackup.Repository;

namespace TsBackup.Cli.Commands;

internal static class RepairCommand
{
    private static readonly Option<string?> s_from = new("--from") { Description = "Repository that versions were copied to or came from; what is lost is taken from it." };
    private static readonly Option<FileInfo?> s_fromPassphrase = new("--from-passphrase-file") { Description = "File with the passphrase of that repository, when it differs." };

    public static Command Make()
    {
        var command = new Command("repair", "Make a damaged repository sound, and name exactly what stays lost; backups may run meanwhile.") { s_from, s_fromPassphrase };
        SharedOptions.AddRepository(command);
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        await using var repository = await invocation.OpenRepositoryAsync().ConfigureAwait(false);
        if (invocation.Get(s_from) is not { } location)
            return await RepairAsync(invocation, repository, []).ConfigureAwait(false);
        using var key = KeySource.FromPassphrase(Secrets.Passphrase(invocation.Get(s_fromPassphrase) ?? invocation.Get(SharedOptions.PassphraseFile), confirm: false));
        await using var from = await RepositoryConnection.OpenAsync(location, key, invocation.Cancellation).ConfigureAwait(false);
        return await RepairAsync(invocation, repository, [from]).ConfigureAwait(false);
    }

    private static async Task<int> RepairAsync(Invocation invocation, RepositoryConnection repository, IReadOnlyList<RepositoryConnection> sources)
    {
        var result = await RepairOperation.RunAsync(repository, sources, invocation.Observer, invocation.Cancellation).ConfigureAwait(false);
        invocation.Observer.Finish();
        if (invocation.Json)
            Output.Json(result);
        else
            Print(result);
        return result.NothingLost ? ExitCode.Done : ExitCode.Incomplete;
    }

    private static void Print(BackupRepair result)
    {
        Output.List(new { result.Repository, ObjectsDropped = result.ObjectsDropped.Count, result.PacksIndexed, result.BlocksSaved, result.BlocksHealed });
        if (result.Versions.Count == 0)
            return;
        Console.Out.WriteLine();
        Output.Table(["Version", "Outcome", "Replacement", "Rows lost"], result.Versions.Select(v => (IReadOnlyList<object?>)[v.VersionId, v.Outcome, v.ReplacementId, v.RowsLost]));
        foreach (var problem in result.Versions.SelectMany(version => version.Lost))
            Console.Out.WriteLine($"{problem.VersionId}: {problem.Message}");
    }
}
