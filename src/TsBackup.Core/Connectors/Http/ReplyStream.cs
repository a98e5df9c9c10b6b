using TsBackup.Errors;

namespace TsBackup.Connectors.Http;

/// <summary>
/// A reply's body. The time allowed counts anew at every read, so that a reply may take hours as long as it moves; errors of the
/// network come out as <see cref="TsBackupException"/>.
/// </summary>
internal sealed class ReplyStream(Stream inner, string target, TimeSpan timeout, TimeProvider clock) : IDisposable
{
    /// <summary>Reads some bytes; 0 at the end of a complete reply.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            return await inner.ReadAsync(buffer, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancellation.IsCancellationRequested)
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
    public void Dispose() => inner.Dispose();
}
