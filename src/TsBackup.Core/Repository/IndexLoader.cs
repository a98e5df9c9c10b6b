using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>Brings index objects into memory, each once. A damaged one does not hide the others.</summary>
internal sealed class IndexLoader(ObjectStore store, BlockIndex index) : IDisposable
{
    private const int MaxRounds = 5;

    private readonly SemaphoreSlim _gate = new(1);
    private readonly HashSet<string> _loaded = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TsBackupException> _damaged = new(StringComparer.Ordinal);
    private bool _once;

    /// <summary>Index objects that could not be used.</summary>
    public IReadOnlyCollection<TsBackupException> Damaged
    {
        get
        {
            lock (_damaged)
                return [.. _damaged.Values];
        }
    }

    /// <summary>Names of the index objects in memory.</summary>
    public IReadOnlyCollection<string> Loaded
    {
        get
        {
            lock (_loaded)
                return [.. _loaded];
        }
    }

    /// <summary>Says that an object just written is in memory already.</summary>
    public void NoteWritten(string name)
    {
        lock (_loaded)
            _loaded.Add(name);
    }

    /// <summary>Loads what is not in memory yet.</summary>
    /// <param name="again">False: only when nothing was loaded so far.</param>
    /// <param name="ct">Stops the loading.</param>
    /// <returns>True when there was something new.</returns>
    public async Task<bool> LoadAsync(bool again, CancellationToken ct)
    {
        if (_once && !again)
            return false;
        await _gate.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            // A merged index may replace listed ones while they are read: then what is missing is in a new listing.
            var before = Loaded.Count;
            var isWhole = false;
            for (var round = 0; !isWhole && round < MaxRounds; round++)
            {
                isWhole = true;
                foreach (var name in await store.ListNamesAsync(ObjectNames.Indexes, ct).ConfigureAwait(false))
                    isWhole &= IsLoaded(name) || await LoadOneAsync(name, ct).ConfigureAwait(false);
            }
            _once = true;
            return Loaded.Count > before;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private bool IsLoaded(string name)
    {
        lock (_loaded)
            return _loaded.Contains(name);
    }

    private async Task<bool> LoadOneAsync(string name, CancellationToken ct)
    {
        try
        {
            var frame = await store.ReadAsync(ObjectKind.Index, name, ct).ConfigureAwait(false);
            IndexObject.AddTo(index, frame, store.Open(frame));
            lock (_loaded)
                _loaded.Add(name);
            lock (_damaged)
                _damaged.Remove(name);
            return true;
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectNotFound)
        {
            return false;
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.IndexDamaged)
        {
            lock (_damaged)
                _damaged[name] = failure;
            return true;
        }
    }
}
