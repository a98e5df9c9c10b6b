using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Operations;

namespace TsBackup.Cli.Commands;

internal static class CopyCommand
{
    private static readonly Argument<string[]> s_versions = new("version")
    {
        Description = "Versions to copy; all when none is named.",
        Arity = ArgumentArity.ZeroOrMore,
    };
    private static readonly Option<string> s_to = new("--to") { Description = "Repository to copy to.", Required = true };
    private static readonly Option<FileInfo?> s_toPassphrase = new("--to-passphrase-file")
    {
        Description = "File with the passphrase of the other repository, when it differs.",
    };

    public static Command Make()
    {
        var command = new Command("copy", "Copy versions to a second repository; only what is missing there is read.")
        {
            s_versions, s_to, s_toPassphrase, SharedOptions.Store,
        };
        SharedOptions.AddRepository(command);
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        await using var from = await invocation.OpenRepositoryAsync().ConfigureAwait(false);
        using var key = invocation.Key(invocation.Get(s_toPassphrase))();
        await using var to = await RepositoryConnection
            .OpenAsync(
                invocation.Parsed.GetRequiredValue(s_to), key, SeenPositions.OfUser(), invocation.Cancellation).ConfigureAwait(false);
        var ids = invocation.Get(s_versions);
        if (ids.Length == 0)
        {
            var all = await VersionQuery.ListAsync(
                from, invocation.Get(SharedOptions.Store), invocation.Cancellation).ConfigureAwait(false);
            ids = [.. all.Select(v => v.VersionId)];
        }
        var results = new List<BackupCopy>();
        foreach (var id in ids)
        {
            var header = await VersionQuery
                .FindAsync(from, id, invocation.Get(SharedOptions.Store), null, invocation.Cancellation).ConfigureAwait(false);
            results.Add(await CopyOperation.RunAsync(from, to, header, invocation.Observer, invocation.Cancellation).ConfigureAwait(false));
        }
        invocation.Observer.Finish();
        if (invocation.Json)
            Output.Json(results);
        else
            Output.Table(["Version", "Copy", "Already there", "Blocks copied", "Blocks reused", "Stored bytes"], results.Select(
                r => (IReadOnlyList<object?>)[r.VersionId, r.CopyId, r.AlreadyThere, r.BlocksCopied, r.BlocksReused, r.StoredBytes]));
        return ExitCode.Done;
    }
}
