using System.Management.Automation;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using TsBackup.Binding;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;

namespace TsBackup.Pipeline;

/// <summary>A cmdlet that opens repositories, with every way to give their secret.</summary>
public abstract class RepositoryCmdlet : AsyncCmdlet
{
    private readonly Dictionary<string, RepositoryConnection> _open = new(StringComparer.Ordinal);
    private RepositorySecret? _secret;

    [Parameter]
    [PassphraseTransformation]
    [ValidateNotNull]
    public SecureString? Passphrase { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PassphraseFile { get; set; }

    [Parameter]
    [ValidateNotNull]
    public X509Certificate2? Certificate { get; set; }

    /// <summary>True when a secret was given as a parameter.</summary>
    private protected bool HasSecret => Passphrase is not null || PassphraseFile is not null || Certificate is not null;

    /// <summary>Makes the key of a repository; the caller disposes it.</summary>
    private protected async Task<Func<KeySource>> KeyAsync(bool confirm = false)
    {
        if (Certificate is { } certificate)
            return () => KeySource.FromCertificate(certificate);
        _secret ??= await OnPipelineAsync(() => RepositorySecret.Find(Passphrase, PassphraseFile, Resolve, new SecretPrompt(Host), confirm))
            .ConfigureAwait(false);
        return _secret.ToKey;
    }

    /// <summary>The key of another secret than that of the first repository; null = the same.</summary>
    private protected async Task<KeySource> KeyOfAsync(SecureString? passphrase)
    {
        if (passphrase is null)
            return (await KeyAsync().ConfigureAwait(false))();
        using var secret = RepositorySecret.Find(passphrase, null, location => location, null, confirm: false);
        return secret.ToKey();
    }

    /// <summary>The place a user means: a URI as it is, a path of this session as a full path.</summary>
    private protected Task<string> LocateAsync(string location) => OnPipelineAsync(() => Resolve(location));

    /// <summary>Opens a repository, or brings the one up to date that an earlier record of the pipeline has opened.</summary>
    /// <param name="repository">Path or URI as the user gave it.</param>
    /// <param name="cancellation">Stops the opening.</param>
    private protected async Task<RepositoryConnection> OpenRepositoryAsync(string repository, CancellationToken cancellation)
    {
        var location = await LocateAsync(repository).ConfigureAwait(false);
        if (_open.TryGetValue(location, out var earlier))
        {
            await earlier.Repository.LoadIndexAsync(cancellation).ConfigureAwait(false);
            return earlier;
        }
        using var key = (await KeyAsync().ConfigureAwait(false))();
        var connection = await RepositoryConnection.OpenAsync(location, key, SeenPositions.OfUser(), cancellation).ConfigureAwait(false);
        _open.Add(location, connection);
        return connection;
    }

    /// <summary>Opens several repositories; those that cannot be opened are set aside while one can.</summary>
    private protected Task<RepositorySet> OpenRepositoriesAsync(IReadOnlyList<string> repositories, CancellationToken cancellation) =>
        OpenRepositoriesAsync(repositories, null, cancellation);

    /// <summary>Opens several repositories with another passphrase than that of the first; null = the same.</summary>
    private protected async Task<RepositorySet> OpenRepositoriesAsync(
        IReadOnlyList<string> repositories, SecureString? passphrase, CancellationToken cancellation)
    {
        var locations = new List<string>();
        foreach (var repository in repositories)
            locations.Add(await LocateAsync(repository).ConfigureAwait(false));
        if (passphrase is null)
        {
            var key = await KeyAsync().ConfigureAwait(false);
            return await RepositorySet.OpenAsync(locations, key, SeenPositions.OfUser(), Observer, cancellation).ConfigureAwait(false);
        }
        using var secret = RepositorySecret.Find(passphrase, null, location => location, null, confirm: false);
        return await RepositorySet.OpenAsync(locations, secret.ToKey, SeenPositions.OfUser(), Observer, cancellation).ConfigureAwait(false);
    }

    protected override async ValueTask DisposeAsync()
    {
        foreach (var connection in _open.Values)
            await connection.DisposeAsync().ConfigureAwait(false);
        _open.Clear();
        _secret?.Dispose();
    }

    private string Resolve(string location)
    {
        if (location.Contains("://", StringComparison.Ordinal))
            return location;
        try
        {
            return SessionState.Path.GetUnresolvedProviderPathFromPSPath(location);
        }
        catch (Exception e) when (e is SessionStateException or PSInvalidOperationException or NotSupportedException)
        {
            throw new TsBackupException(
                ErrorId.RepositoryUriInvalid, $"'{location}' is neither a path nor a URI.", location, "Give a folder or a URI.", e);
        }
    }
}
