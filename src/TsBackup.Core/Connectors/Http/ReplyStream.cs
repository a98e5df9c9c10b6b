using TsBackup.Errors;

namespace TsBackup.Connectors.Http;

/// <summary>
/// A reply's body. The time allowed counts anew at every read, so that a reply may take hours as long as it moves; errors of the
/// network come out as <see cref="TsBackupException"/>.
/// </summary>
internal sealed class ReplyStream(Stream inner, string target, TimeSpan timeout, TimeProvider clock) : IDisposable
{
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
    /// <exception cref="TsBackupException">StoreReplyInvalid when there is more.</exception>
    public async Task<byte[]> ReadAllAsync(int maxBytes, CancellationToken cancellation)
    {
        using var all = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            all.Write(buffer, 0, read);
            if (all.Length > maxBytes)
                throw new TsBackupException(ErrorId.StoreReplyInvalid, $"A reply of {target} is longer than {maxBytes} bytes.", target);
        }
        return all.ToArray();
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
