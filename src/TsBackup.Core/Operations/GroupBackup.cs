using System.Threading.Channels;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>Reads one group of slices, again when its failure may pass, and hands its batches to the encoder.</summary>
internal sealed class GroupBackup(BackupRequest request, BlockEncoder encoder, ProgressMeter meter, int destinations)
{
    /// <summary>Reads a group; never throws but for cancellation and lost destinations.</summary>
    public async Task<IReadOnlyList<SliceAccumulator>> ReadAsync(SliceGroup group, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var slices = new Dictionary<Slice, SliceAccumulator>();
            foreach (var slice in group.Slices)
                slices[slice] = new SliceAccumulator(slice);
            var failure = await TryReadAsync(group, slices, cancellation).ConfigureAwait(false);
            failure ??= slices.Values.Select(s => s.Error).FirstOrDefault(e => e is { IsTransient: true });
            if (failure is { IsTransient: true } && attempt < request.Attempts)
            {
                foreach (var slice in slices.Values)
                    slice.Dispose();
                request.Observer.Verbose($"Reading {group.Id} again: {failure.Message}");
                await Task.Delay(request.RetryDelay * Math.Pow(2, attempt - 1), request.Clock, cancellation).ConfigureAwait(false);
                continue;
            }
            CloseUnfinished(slices.Values, failure);
            return [.. slices.Values];
        }
    }

    private static void CloseUnfinished(IEnumerable<SliceAccumulator> slices, TsBackupException? failure)
    {
        foreach (var slice in slices)
        {
            if (slice.Summary is null && slice.Error is null)
            {
                slice.Fail(failure ?? new TsBackupException(
                    ErrorId.StoreReplyTruncated, $"The store ended before {slice.Slice} was complete.", slice.Slice.ToString()));
            }
        }
    }

    private async Task<TsBackupException?> TryReadAsync(
        SliceGroup group, Dictionary<Slice, SliceAccumulator> slices, CancellationToken cancellation)
    {
        try
        {
            await foreach (var read in request.Connector.ReadAsync(group, cancellation).ConfigureAwait(false))
            {
                if (!slices.TryGetValue(read.Slice, out var slice))
                    slices[read.Slice] = slice = new SliceAccumulator(read.Slice);
                await TakeAsync(slice, read, cancellation).ConfigureAwait(false);
            }
            return null;
        }
        catch (TsBackupException e)
        {
            return e;
        }
        catch (ChannelClosedException e) when (e.InnerException is TsBackupException lost)
        {
            // All destinations are gone; the encoder's own task reports it.
            throw new OperationCanceledException("No repository is left to write to.", lost);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new TsBackupException(
                ErrorId.InternalError, $"Reading {group.Id} failed: {e.Message.TrimEnd('.')}.", group.Id, inner: e);
        }
    }

    private async ValueTask TakeAsync(SliceAccumulator slice, SliceEvent read, CancellationToken cancellation)
    {
        switch (read)
        {
            case SliceRows rows when rows.Batch.RowCount == 0:
                rows.Batch.Dispose();
                break;
            case SliceRows rows:
                var count = rows.Batch.RowCount;
                var bytes = rows.Batch.ByteSize;
                var part = slice.Add(rows.Batch, destinations);
                await encoder.AddAsync(new EncodeWork(slice, part, rows.Batch), cancellation).ConfigureAwait(false);
                meter.Add(count, bytes, count);
                break;
            case SliceEnd end:
                slice.End(end.Fingerprint);
                break;
            case SliceFailure failure:
                slice.Fail(failure.Error);
                break;
        }
    }
}
