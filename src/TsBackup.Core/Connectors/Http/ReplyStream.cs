using TsBackup.Errors;

namespace TsBackup.Connectors.Http;

/// <summary>
/// A reply's body. The time allowed counts anew at every read, so that a reply may take hours as long as it moves; errors of the
/// network come out as <see cref="TsBackupException"/>.
/// </summary>
internal sealed class ReplyStream(Stream inner, string target, TimeSpan timeout, TimeProvider clock) : IDisposable
{
    private const int LeastBuffer = 1024;
    private const int MostBelieved = 8 << 20;
    private CancellationTokenSource? _late;
    private CancellationTokenSource? _either;
    private CancellationToken _linked;

    /// <summary>Reads some bytes; 0 at the end of a complete reply.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        var either = Link(cancellation);
        try
        {
            var reading = inner.ReadAsync(buffer, either);
            if (reading.IsCompletedSuccessfully)
                return reading.Result;
            _late!.CancelAfter(timeout);
            var read = await reading.ConfigureAwait(false);
            _late.CancelAfter(Timeout.InfiniteTimeSpan);
            return read;
        }
        catch (OperationCanceledException e) when (_late!.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw HttpErrors.Timeout(target, timeout, e);
        }
        catch (Exception e) when (HttpErrors.FromException(e, target, afterHeaders: true) is { } error)
        {
            throw error;
        }
    }

    /// <summary>Reads all of it.</summary>
    /// <param name="maxBytes">Longest body that is accepted.</param>
    /// <param name="cancellation">Stops.</param>
    /// <param name="expected">How long the reply says it is; null when it does not say.</param>
    /// <exception cref="TsBackupException">StoreReplyInvalid when there is more.</exception>
    public async Task<byte[]> ReadAllAsync(int maxBytes, CancellationToken cancellation, long? expected = null)
    {
        // What is promised is believed up to a size that does no harm.
        var all = GC.AllocateUninitializedArray<byte>((int)Math.Clamp(expected ?? 0, LeastBuffer, MostBelieved));
        var length = 0;
        while (true)
        {
            var read = await ReadAsync(all.AsMemory(length), cancellation).ConfigureAwait(false);
            length += read;
            if (length > maxBytes)
                throw new TsBackupException(ErrorId.StoreReplyInvalid, $"A reply of {target} is longer than {maxBytes} bytes.", target);
            if (read == 0)
                return all[..length];
            if (length < all.Length)
                continue;
            // A full buffer most likely is all of it: one byte more tells, before anything is copied.
            var more = new byte[1];
            if (await ReadAsync(more, cancellation).ConfigureAwait(false) == 0)
                return all;
            Array.Resize(ref all, all.Length * 2);
            all[length++] = more[0];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        inner.Dispose();
        _either?.Dispose();
        _late?.Dispose();
    }

    // Replies of many small pieces are read in many small reads: the sources are made once and the timer runs only while waiting.
    private CancellationToken Link(CancellationToken cancellation)
    {
        if (_either is not null && _linked == cancellation)
            return _either.Token;
        _either?.Dispose();
        _late ??= new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_late.Token, cancellation);
        _linked = cancellation;
        return _either.Token;
    }
}
