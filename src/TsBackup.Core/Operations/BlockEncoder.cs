using System.Buffers;
using System.Threading.Channels;
using TsBackup.Codec;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>A batch waiting to be encoded.</summary>
internal readonly record struct EncodeWork(SliceAccumulator Slice, BlockPart Part, Batch Batch);

/// <summary>
/// Encodes batches on several threads and stores them in every living destination. It takes as many batches as it has threads, so
/// that the number of batches in memory does not depend on the size of the store.
/// </summary>
internal sealed class BlockEncoder
{
    private readonly Channel<EncodeWork> _queue;
    private readonly Task[] _workers;
    private readonly CancellationTokenSource _stop;
    private readonly SemaphoreSlim _places;

    public BlockEncoder(IReadOnlyList<BackupDestination> destinations, CodecOptions codec, int parallelism, CancellationToken cancellation)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _queue = Channel.CreateUnbounded<EncodeWork>();
        _places = new SemaphoreSlim(parallelism);
        _workers = new Task[parallelism];
        for (var i = 0; i < parallelism; i++)
            _workers[i] = Task.Run(() => WorkAsync(destinations, codec, _stop.Token), CancellationToken.None);
    }

    /// <summary>Waits until a thread is free for a batch and hands it over; the encoder disposes it.</summary>
    /// <exception cref="ChannelClosedException">No destination is left; its inner exception says why.</exception>
    public async ValueTask AddAsync(EncodeWork work, CancellationToken cancellation)
    {
        await _places.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await _queue.Writer.WriteAsync(work, cancellation).ConfigureAwait(false);
        }
        catch
        {
            // The next who waits must hear of it too.
            _places.Release();
            throw;
        }
    }

    /// <summary>Waits until everything queued is stored.</summary>
    public async Task CompleteAsync()
    {
        _queue.Writer.TryComplete();
        try
        {
            await Task.WhenAll(_workers).ConfigureAwait(false);
        }
        finally
        {
            while (_queue.Reader.TryRead(out var work))
                work.Batch.Dispose();
            _stop.Dispose();
        }
    }

    private static TsBackupException AllFailed(IReadOnlyList<BackupDestination> destinations) =>
        destinations.Select(d => d.Error).First(e => e is not null)!;

    private async Task WorkAsync(IReadOnlyList<BackupDestination> destinations, CodecOptions codec, CancellationToken cancellation)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 18);
        try
        {
            await foreach (var work in _queue.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                try
                {
                    await EncodeAsync(work, buffer, destinations, codec, cancellation).ConfigureAwait(false);
                }
                finally
                {
                    work.Batch.Dispose();
                    _places.Release();
                }
            }
        }
        catch (Exception e)
        {
            // Readers that wait for a place must hear of it.
            _queue.Writer.TryComplete(e);
            throw;
        }
    }

    private static async Task EncodeAsync(
        EncodeWork work,
        ArrayBufferWriter<byte> buffer,
        IReadOnlyList<BackupDestination> destinations,
        CodecOptions codec,
        CancellationToken cancellation)
    {
        buffer.ResetWrittenCount();
        try
        {
            BlockCodec.Encode(work.Batch, buffer, codec);
        }
        catch (TsBackupException e)
        {
            work.Slice.Fail(e);
            return;
        }
        catch (ArgumentException e)
        {
            // Connectors keep batches small, but a single row may be too much; other slices are not to suffer from it.
            work.Slice.Fail(new TsBackupException(
                ErrorId.InternalError, $"A row of {work.Slice.Slice} is too large to be stored.", work.Slice.Slice.ToString(), inner: e));
            return;
        }
        work.Part.Bytes = buffer.WrittenCount;
        foreach (var destination in destinations)
            await StoreAsync(destination, work.Part, buffer.WrittenMemory, cancellation).ConfigureAwait(false);
        if (!destinations.Any(d => d.IsAlive))
            throw AllFailed(destinations);
    }

    private static async Task StoreAsync(
        BackupDestination destination, BlockPart part, ReadOnlyMemory<byte> block, CancellationToken cancellation)
    {
        if (!destination.IsAlive)
            return;
        try
        {
            part.Stored(destination.Index, await destination.PutAsync(block, cancellation).ConfigureAwait(false));
        }
        catch (TsBackupException e)
        {
            destination.Fail(e);
        }
    }
}
