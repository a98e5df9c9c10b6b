using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Operations;
using TsBackup.Repository;

namespace TsBackup.Cli.Commands;

internal static class KeyCommand
{
    private static readonly Option<FileInfo?> s_newPassphrase = new("--new-passphrase-file")
    {
        Description = "File that holds the new passphrase.",
    };
    private static readonly Option<FileInfo?> s_newCertificate = new("--new-certificate")
    {
        Description = "File with an X.509 certificate (PEM or DER); its private key is not needed.",
    };
    private static readonly Option<string> s_label = new("--label") { Description = "Name for people.", DefaultValueFactory = _ => "" };
    private static readonly Option<bool> s_writeOnly = new("--write-only")
    {
        Description = "The key may back up but not read earlier data.",
    };
    private static readonly Option<int> s_iterations = new("--iterations")
    {
        Description = "Rounds of PBKDF2 for a passphrase: what each guess costs.",
        CustomParser = OptionValues.Number<int>,
        DefaultValueFactory = _ => RepositoryOptions.Default.KeyIterations,
    };
    private static readonly Argument<string> s_id = new("key") { Description = "Id of the key slot." };

    public static Command Make()
    {
        var list = new Command("list", "List the key slots.");
        var add = new Command("add", "Add a passphrase or a certificate.")
        {
            s_newPassphrase, s_newCertificate, s_label, s_writeOnly, s_iterations,
        };
        var remove = new Command("remove", "Remove a key slot; what is written from then on cannot be opened with it.") { s_id };
        foreach (var command in new[] { list, add, remove })
            SharedOptions.AddRepository(command);
        return new Command("key", "List, add and remove keys of a repository.")
        {
            Invocation.Of(list, ListAsync), Invocation.Of(add, AddAsync), Invocation.Of(remove, RemoveAsync),
        };
    }

    private static async Task<int> ListAsync(Invocation invocation)
    {
        await using var repository = await invocation.OpenRepositoryAsync().ConfigureAwait(false);
        Print(invocation, await KeyOperation.ListAsync(repository, invocation.Cancellation).ConfigureAwait(false));
        return ExitCode.Done;
    }

    private static async Task<int> AddAsync(Invocation invocation)
    {
        await using var repository = await invocation.OpenRepositoryAsync().ConfigureAwait(false);
        using var key = NewKey(invocation);
        var access = invocation.Get(s_writeOnly) ? KeyAccess.WriteOnly : KeyAccess.Full;
        var added = await KeyOperation
            .AddAsync(repository,
                key, access, invocation.Get(s_label) ?? "", invocation.Get(s_iterations), invocation.Cancellation).ConfigureAwait(false);
        Print(invocation, [added]);
        return ExitCode.Done;
    }

    private static async Task<int> RemoveAsync(Invocation invocation)
    {
        await using var repository = await invocation.OpenRepositoryAsync().ConfigureAwait(false);
        var gone = await KeyOperation.RemoveAsync(repository, invocation.Get(s_id), invocation.Cancellation).ConfigureAwait(false);
        foreach (var id in gone.Skip(1))
            invocation.Observer.Warning($"The key slot {id} was damaged or not genuine and is removed too.");
        Print(invocation, await KeyOperation.ListAsync(repository, invocation.Cancellation).ConfigureAwait(false));
        return ExitCode.Done;
    }

    private static KeySource NewKey(Invocation invocation) => invocation.Get(s_newCertificate) is { } file
        ? KeySource.FromCertificate(CertificateFile.Load(file))
        : KeySource.FromPassphrase(Secrets.NewPassphrase(invocation.Get(s_newPassphrase)));

    private static void Print(Invocation invocation, IReadOnlyList<BackupKey> keys)
    {
        if (invocation.Json)
            Output.Json(keys);
        else
        {
            Output.Table(
                ["Key", "Kind", "Access", "Label", "Created", "Iterations", "Subject", "Problem"],
                keys.Select(
                    k => (IReadOnlyList<object?>)[k.KeyId, k.Kind, k.Access, k.Label, k.Created, k.Iterations, k.Subject, k.Problem]));
        }
    }
}
