using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// Runs a reader on a thread of its own. It makes the next batch while the taker is busy with the last one, and no more: batches are
/// large, and there may be as many readers as cores.
/// </summary>
internal static class BackgroundReader
{
    /// <summary>The events of the reader, in order. When the taker stops early, the reader is stopped and what it made is disposed.</summary>
    public static async IAsyncEnumerable<SliceEvent> RunAsync(
        Func<CancellationToken, IEnumerable<SliceEvent>> read, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var taken = new SemaphoreSlim(0);
        var channel = Channel.CreateBounded<SliceEvent>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });
        var work = Task.Run(() => ProduceAsync(read, channel.Writer, taken, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var step in channel.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                taken.Release();
                yield return step;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(false);
            while (channel.Reader.TryRead(out var left))
                (left as SliceRows)?.Batch.Dispose();
        }
    }

    private static async Task ProduceAsync(
        Func<CancellationToken, IEnumerable<SliceEvent>> read, ChannelWriter<SliceEvent> writer, SemaphoreSlim taken, CancellationToken stop)
    {
        Exception? failure = null;
        SliceEvent? pending = null;
        try
        {
            foreach (var step in read(stop))
            {
                pending = step;
                await writer.WriteAsync(step, stop).ConfigureAwait(false);
                pending = null;
                await taken.WaitAsync(stop).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            // Handed to the taker by the channel.
            failure = error;
            (pending as SliceRows)?.Batch.Dispose();
        }
        writer.Complete(failure);
    }
}
