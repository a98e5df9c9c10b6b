using TsBackup.Repository;
using TsBackup.Storage;

namespace TsBackup.Operations;

/// <summary>An open repository together with where it is.</summary>
public sealed class RepositoryConnection : IAsyncDisposable
{
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

    /// <summary>Makes a new repository.</summary>
    /// <exception cref="Errors.TsBackupException">RepositoryExists, RepositoryUriInvalid, StorageAccessDenied …</exception>
    public static async Task<RepositoryConnection> CreateAsync(
        string location, KeySource key, RepositoryOptions options, CancellationToken cancellation)
    {
        var storage = StorageFactory.Open(location);
        try
        {
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
    /// <exception cref="Errors.TsBackupException">RepositoryNotFound, RepositoryKeyWrong, RepositoryVersionUnsupported, ConfigDamaged …</exception>
    public static Task<RepositoryConnection> OpenAsync(string location, KeySource? key, CancellationToken cancellation) =>
        OpenAsync(StorageFactory.Open(location), key, cancellation);

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
        await Repository.DisposeAsync().ConfigureAwait(false);
        await Storage.DisposeAsync().ConfigureAwait(false);
    }
}
