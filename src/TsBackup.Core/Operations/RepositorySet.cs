using TsBackup.Errors;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Several repositories opened together; those that cannot be opened are set aside as long as one can.</summary>
public sealed class RepositorySet : IAsyncDisposable
{
    private readonly List<RepositoryConnection> _open = [];
    private readonly List<TsBackupException> _failures = [];

    private RepositorySet()
    {
    }

    /// <summary>The open ones, in the order given.</summary>
    public IReadOnlyList<RepositoryConnection> Open => _open;

    /// <summary>Why others are not.</summary>
    public IReadOnlyList<TsBackupException> Failures => _failures;

    /// <summary>Opens repositories.</summary>
    /// <param name="locations">Folders or URIs.</param>
    /// <param name="key">Makes a key for one repository; it is disposed here.</param>
    /// <param name="observer">Hears of those that cannot be opened.</param>
    /// <param name="cancellation">Stops the opening.</param>
    /// <exception cref="TsBackupException">None can be opened: the error of the first.</exception>
    public static Task<RepositorySet> OpenAsync(
        IReadOnlyList<string> locations, Func<KeySource> key, IOperationObserver observer, CancellationToken cancellation) =>
        OpenAsync(locations, key, null, observer, cancellation);

    /// <summary>Opens repositories, and checks that each still has what this client saw of it.</summary>
    /// <param name="locations">Folders or URIs.</param>
    /// <param name="key">Makes a key for one repository; it is disposed here.</param>
    /// <param name="seen">What this client saw; null = nothing is remembered.</param>
    /// <param name="observer">Hears of those that cannot be opened.</param>
    /// <param name="cancellation">Stops the opening.</param>
    /// <exception cref="TsBackupException">None can be opened: the error of the first.</exception>
    public static async Task<RepositorySet> OpenAsync(
        IReadOnlyList<string> locations,
        Func<KeySource> key,
        SeenPositions? seen,
        IOperationObserver observer,
        CancellationToken cancellation)
    {
        var set = new RepositorySet();
        foreach (var location in locations)
        {
            try
            {
                using var source = key();
                set._open.Add(await RepositoryConnection.OpenAsync(location, source, seen, cancellation).ConfigureAwait(false));
            }
            catch (TsBackupException e)
            {
                set._failures.Add(e);
            }
        }
        if (set._open.Count == 0)
            throw set._failures[0];
        foreach (var failure in set._failures)
            observer.Warning($"A repository is left out: {failure.Message}");
        return set;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var repository in _open)
            await repository.DisposeAsync().ConfigureAwait(false);
    }
}
