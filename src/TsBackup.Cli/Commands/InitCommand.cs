using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Operations;
using TsBackup.Repository;

namespace TsBackup.Cli.Commands;

internal static class InitCommand
{
    private static readonly Argument<string> s_location = new("repository") { Description = "Folder or URI of the new repository." };

    public static Command Make()
    {
        var command = new Command("init", "Create an encrypted repository.") { s_location, SharedOptions.PassphraseFile };
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var passphrase = Secrets.Passphrase(invocation.Get(SharedOptions.PassphraseFile), confirm: true);
        using var key = KeySource.FromPassphrase(passphrase);
        await using var repository = await RepositoryConnection
            .CreateAsync(invocation.Get(s_location), key, new RepositoryOptions(), invocation.Cancellation).ConfigureAwait(false);
        SeenPositions.OfUser()?.Forget(repository.Location);
        var info = await RepositoryInspection.RunAsync(repository, probe: true, invocation.Cancellation).ConfigureAwait(false);
        if (invocation.Json)
            Output.Json(info);
        else
            Console.Out.WriteLine(
                $"Created repository {info.RepositoryId} in {info.Repository}. "
                + "Without its passphrase nothing in it can be read: keep it safe.");
        return ExitCode.Done;
    }
}
