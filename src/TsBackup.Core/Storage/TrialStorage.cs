using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace TsBackup.Storage;

/// <summary>
/// Shows a storage as it would be after changes that are only tried: what is put goes to another storage, what is deleted is hidden, and
/// the storage itself is only read.
/// </summary>
/// <param name="actual">The storage that stays as it is.</param>
/// <param name="trial">An empty storage for what is put.</param>
internal sealed class TrialStorage(IStorage actual, IStorage trial) : IStorage
{
    private readonly ConcurrentDictionary<string, bool> _isThere = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Location => actual.Location;

    /// <inheritdoc/>
    public async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        if (!_isThere.ContainsKey(name) && await IsActualAsync(name, ct).ConfigureAwait(false))
            throw StorageErrors.Exists(name, Location);
        await trial.PutAsync(name, content, ct).ConfigureAwait(false);
        _isThere[name] = true;
    }

    /// <inheritdoc/>
    public Task<int> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken ct) =>
        Holder(name).ReadAsync(name, offset, destination, ct);

    /// <inheritdoc/>
    public Task<long> GetLengthAsync(string name, CancellationToken ct) => Holder(name).GetLengthAsync(name, ct);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StorageObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var found in actual.ListAsync(prefix, ct).ConfigureAwait(false))
        {
            if (!_isThere.ContainsKey(found.Name))
                yield return found;
        }
        await foreach (var found in trial.ListAsync(prefix, ct).ConfigureAwait(false))
            yield return found;
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string name, CancellationToken ct)
    {
        await trial.DeleteAsync(name, ct).ConfigureAwait(false);
        _isThere[name] = false;
    }

    /// <inheritdoc/>
    public Task<StorageSpace?> GetSpaceAsync(CancellationToken ct) => actual.GetSpaceAsync(ct);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await trial.DisposeAsync().ConfigureAwait(false);
        await actual.DisposeAsync().ConfigureAwait(false);
    }

    // What was deleted is in neither; the trial storage says so in the words of the contract.
    private IStorage Holder(string name) => _isThere.ContainsKey(name) ? trial : actual;

    private async Task<bool> IsActualAsync(string name, CancellationToken ct)
    {
        try
        {
            await actual.GetLengthAsync(name, ct).ConfigureAwait(false);
            return true;
        }
        catch (Errors.TsBackupException failure) when (failure.Id == Errors.ErrorId.ObjectNotFound)
        {
            return false;
        }
    }
}
