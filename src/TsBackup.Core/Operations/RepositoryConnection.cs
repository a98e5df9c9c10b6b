using TsBackup.Repository;
using TsBackup.Storage;

namespace TsBackup.Operations;

/// <summary>An open repository together with where it is.</summary>
public sealed class RepositoryConnection : IAsyncDisposable
{
    private SeenPositions? _seen;

    private RepositoryConnection(string location, IStorage storage, BlockRepository repository)
    {
        Location = location;
        Storage = storage;
        Repository = repository;
    }

    /// <summary>Folder or URI as it is shown to people.</summary>
    public string Location { get; }

    /// <summary>Its storage.</summary>
    public IStorage Storage { get; }

    /// <summary>Its engine.</summary>
    public BlockRepository Repository { get; }

    /// <summary>Makes a new repository, in a folder that is empty or not there yet.</summary>
    /// <exception cref="Errors.TsBackupException">
    /// RepositoryExists, ArgumentInvalid (the folder holds other things), RepositoryUriInvalid, StorageAccessDenied …
    /// </exception>
    public static async Task<RepositoryConnection> CreateAsync(
        string location, KeySource key, RepositoryOptions options, CancellationToken cancellation)
    {
        var storage = StorageFactory.Open(location);
        try
        {
            (storage as LocalStorage)?.RequireFree(ObjectNames.Roots);
            var repository = await BlockRepository.CreateAsync(storage, key, options, cancellation).ConfigureAwait(false);
            return new RepositoryConnection(storage.Location, storage, repository);
        }
        catch
        {
            await storage.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Opens a repository.</summary>
    /// <param name="location">Folder or URI.</param>
    /// <param name="key">How to unlock it; null for what needs no key.</param>
    /// <param name="cancellation">Stops the opening.</param>
    /// <exception cref="Errors.TsBackupException">
    /// RepositoryNotFound, RepositoryKeyWrong, RepositoryVersionUnsupported, ConfigDamaged …
    /// </exception>
    public static Task<RepositoryConnection> OpenAsync(string location, KeySource? key, CancellationToken cancellation) =>
        OpenAsync(StorageFactory.Open(location), key, cancellation);

    /// <summary>
    /// Opens a repository, and checks that it still has what this client saw of it; remembers at the end what it has then.
    /// </summary>
    /// <param name="location">Folder or URI.</param>
    /// <param name="key">How to unlock it; null for what needs no key.</param>
    /// <param name="seen">What this client saw; null = nothing is remembered.</param>
    /// <param name="cancellation">Stops the opening.</param>
    /// <exception cref="Errors.TsBackupException">As without the memory, and RepositoryRolledBack.</exception>
    public static async Task<RepositoryConnection> OpenAsync(
        string location, KeySource? key, SeenPositions? seen, CancellationToken cancellation)
    {
        var connection = await OpenAsync(location, key, cancellation).ConfigureAwait(false);
        if (seen is null)
            return connection;
        try
        {
            await seen.CheckAsync(connection, cancellation).ConfigureAwait(false);
            connection._seen = seen;
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Opens a repository in a storage, which belongs to the connection from then on.</summary>
    public static async Task<RepositoryConnection> OpenAsync(IStorage storage, KeySource? key, CancellationToken cancellation)
    {
        try
        {
            var repository = await BlockRepository.OpenAsync(storage, key, cancellation).ConfigureAwait(false);
            return new RepositoryConnection(storage.Location, storage, repository);
        }
        catch
        {
            await storage.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_seen is not null)
            await _seen.RememberAsync(this).ConfigureAwait(false);
        _seen = null;
        await Repository.DisposeAsync().ConfigureAwait(false);
        await Storage.DisposeAsync().ConfigureAwait(false);
    }
}
