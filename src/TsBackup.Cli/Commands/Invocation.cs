using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;

namespace TsBackup.Cli.Commands;

/// <summary>What every command has: the shared options, and one place where errors become exit codes.</summary>
internal sealed class Invocation
{
    public static readonly Option<bool> JsonOption = new("--json")
    {
        Description = "Print one JSON document with the property names of the cmdlets' objects. "
            + "Of backup and test it is one object for one result, and an array for several or none.",
        Recursive = true,
    };

    public static readonly Option<bool> VerboseOption = new("--verbose")
    {
        Description = "Log what is done to standard error.",
        Recursive = true,
    };

    public static readonly Option<bool> QuietOption = new("--quiet") { Description = "No progress on standard error.", Recursive = true };

    private Invocation(ParseResult parsed, CancellationToken cancellation)
    {
        Parsed = parsed;
        Cancellation = cancellation;
        Json = parsed.GetValue(JsonOption);
        Observer = new ConsoleObserver(parsed.GetValue(QuietOption) || Json, parsed.GetValue(VerboseOption));
    }

    public ParseResult Parsed { get; }

    public CancellationToken Cancellation { get; }

    public bool Json { get; }

    public ConsoleObserver Observer { get; }

    /// <summary>Gives a command its action.</summary>
    public static Command Of(Command command, Func<Invocation, Task<int>> run)
    {
        command.SetAction(async (parsed, cancellation) =>
        {
            var invocation = new Invocation(parsed, cancellation);
            try
            {
                return await run(invocation).ConfigureAwait(false);
            }
            catch (TsBackupException e)
            {
                invocation.Observer.Finish();
                Output.Error(e, invocation.Json);
                return e.Kind == ErrorKind.Damaged ? ExitCode.Damaged
                    : e.Kind == ErrorKind.InvalidInput ? ExitCode.WrongUsage
                    : ExitCode.Failed;
            }
            catch (OperationCanceledException)
            {
                invocation.Observer.Finish();
                Console.Error.WriteLine("stopped");
                return ExitCode.Stopped;
            }
        });
        return command;
    }

    public T? Get<T>(Option<T> option) => Parsed.GetValue(option);

    public T Get<T>(Argument<T> argument) => Parsed.GetRequiredValue(argument);

    /// <summary>The values of an argument that may be left out.</summary>
    public string[] Get(Argument<string[]> argument) => Parsed.GetValue(argument) ?? [];

    /// <summary>How repositories are unlocked: by the certificate that is named, else by the passphrase.</summary>
    /// <param name="passphraseFile">File with the passphrase when it is another one than that of the options.</param>
    /// <returns>Makes a key for each opening, which the caller disposes.</returns>
    public Func<KeySource> Key(FileInfo? passphraseFile = null)
    {
        if (passphraseFile is null && Get(SharedOptions.Certificate) is { } file)
        {
            if (Get(SharedOptions.PassphraseFile) is not null)
                throw new TsBackupException(ErrorId.ArgumentInvalid, "Give a certificate or a passphrase, not both.");
            var password = Secrets.CertificatePassword(Get(SharedOptions.CertificatePasswordFile));
            var certificate = CertificateFile.LoadWithKey(file, password);
            return () => KeySource.FromCertificate(certificate);
        }
        var passphrase = Secrets.Passphrase(passphraseFile ?? Get(SharedOptions.PassphraseFile), confirm: false);
        return () => KeySource.FromPassphrase(passphrase);
    }

    /// <summary>Opens the repository named by the option.</summary>
    public async Task<RepositoryConnection> OpenRepositoryAsync()
    {
        var location = Parsed.GetRequiredValue(SharedOptions.Repository);
        using var key = Key()();
        return await RepositoryConnection.OpenAsync(location, key, SeenPositions.OfUser(), Cancellation).ConfigureAwait(false);
    }

    /// <summary>Opens copies of the repository with the same key; null when none is named.</summary>
    /// <param name="locations">Folders or URIs.</param>
    /// <param name="passphraseFile">File with their passphrase when it is another one; null = the same.</param>
    public async Task<RepositorySet?> OpenCopiesAsync(IReadOnlyList<string> locations, FileInfo? passphraseFile = null)
    {
        if (locations.Count == 0)
            return null;
        return await RepositorySet
            .OpenAsync(locations, Key(passphraseFile), SeenPositions.OfUser(), Observer, Cancellation).ConfigureAwait(false);
    }

    /// <summary>Opens the copies that the options name; null when none is named.</summary>
    /// <exception cref="TsBackupException">ArgumentInvalid when there is nothing to heal from.</exception>
    public Task<RepositorySet?> OpenCopiesAsync()
    {
        var copies = Get(SharedOptions.Copies) ?? [];
        if (copies.Length == 0 && Get(SharedOptions.Heal))
            throw new TsBackupException(ErrorId.ArgumentInvalid, "There is nothing to heal from.", hint: "Name a copy with --copy.");
        return OpenCopiesAsync(copies, Get(SharedOptions.CopyPassphraseFile));
    }

    /// <summary>Opens the repository; null when it is damaged or gone and there are copies.</summary>
    public async Task<RepositoryConnection?> TryOpenRepositoryAsync(bool hasCopies)
    {
        try
        {
            return await OpenRepositoryAsync().ConfigureAwait(false);
        }
        catch (TsBackupException e) when (hasCopies && e.Kind is not (ErrorKind.InvalidInput or ErrorKind.Authentication))
        {
            Observer.Warning($"{e.Message} It is read from a copy.");
            return null;
        }
    }

    /// <summary>Makes the connector of a store URI with the credentials given beside it.</summary>
    public IConnector OpenStore(string uri) => OpenStore(Address(uri));

    public IConnector OpenStore(StoreAddress address) => ConnectorCatalog.Open(address, new ConnectorOptions
    {
        AllowUntrustedCertificate = Get(SharedOptions.AllowUntrusted),
        Timeout = TimeSpan.FromSeconds(Get(SharedOptions.Timeout)),
        Warn = Observer.Warning,
        Log = Observer.Verbose,
    });

    /// <summary>A store's address with what the options, then the URI, then the environment say about user and password.</summary>
    public StoreAddress Address(string uri)
    {
        var address = StoreAddress.Parse(uri);
        if (address.Password is not null)
            Observer.Warning(
                "The password in the store's URI can be seen in the process list; use --password-file or TSBACKUP_STORE_PASSWORD.");
        var passwordFile = Get(SharedOptions.PasswordFile);
        if (passwordFile is not null)
            address = address.WithCredential(null, Secrets.StorePassword(passwordFile));
        // A file with a key has both halves of it, which must not be mixed with those of another one.
        return address.Option("key-file") is not null
            ? address
            : address.WithCredential(
                address.UserName is null ? Secrets.StoreUser() : null,
                address.Password is null ? Secrets.StorePassword(null) : null);
    }
}
