using System.Collections.Concurrent;
using TsBackup.Storage;

namespace TsBackup.Repository;

/// <summary>
/// Stores closed packs side by side, a few at a time, and lends the buffers for them: memory is bounded by the number in flight.
/// The first failure is kept and given to every later call.
/// </summary>
internal sealed class PackUploads(IStorage storage, RepositoryOptions options, Action<PackBuilder, long> landed)
{
    private readonly SemaphoreSlim _slots = new(options.PacksInFlight + 1);
    private readonly ConcurrentBag<byte[]> _buffers = [];
    private readonly Lock _gate = new();
    private readonly List<Task> _running = [];
    private readonly CancellationTokenSource _stop = new();
    private volatile Exception? _failure;

    /// <summary>Waits until a buffer may be used.</summary>
    public async Task<byte[]> RentAsync(int least, CancellationToken ct)
    {
        await _slots.WaitAsync(ct).ConfigureAwait(false);
        ThrowIfFailed();
        if (least <= options.PackSize && _buffers.TryTake(out var buffer))
            return buffer;
        return GC.AllocateUninitializedArray<byte>(Math.Max(least, options.PackSize));
    }

    /// <summary>Gives a buffer back.</summary>
    public void Return(byte[] buffer)
    {
        if (buffer.Length == options.PackSize)
            _buffers.Add(buffer);
        _slots.Release();
    }

    /// <summary>Starts to store a closed pack.</summary>
    public void Start(PackBuilder pack)
    {
        lock (_gate)
        {
            _running.RemoveAll(task => task.IsCompleted);
            _running.Add(Task.Run(() => StoreAsync(pack)));
        }
        ThrowIfFailed();
    }

    /// <summary>Waits until every pack is stored.</summary>
    public async Task FinishAsync(CancellationToken ct)
    {
        await Task.WhenAll(Running()).WaitAsync(ct).ConfigureAwait(false);
        ThrowIfFailed();
    }

    /// <summary>Stops what is under way and waits for it.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(Running()).ConfigureAwait(false);
    }

    private Task[] Running()
    {
        lock (_gate)
            return [.. _running];
    }

    private async Task StoreAsync(PackBuilder pack)
    {
        try
        {
            var bytes = await pack.FinishAsync(_stop.Token).ConfigureAwait(false);
            await storage.PutAsync(pack.Name, bytes, _stop.Token).ConfigureAwait(false);
            landed(pack, bytes.Length);
        }
        catch (Exception failure)
        {
            _failure ??= failure;
        }
        finally
        {
            Return(pack.Buffer);
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }
}
