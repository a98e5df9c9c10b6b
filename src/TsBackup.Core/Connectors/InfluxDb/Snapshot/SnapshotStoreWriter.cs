using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>
/// Writes groups as TSM files through the snapshot port, into retention policies that held nothing before. What a file should not
/// say goes by line protocol. The port disables a shard while it takes files, so that all that is sent takes turns.
/// </summary>
internal sealed class SnapshotStoreWriter : IStoreWriter
{
    private const int MaxDeferred = 8;
    private readonly InfluxTarget _target;
    private readonly InfluxWriter _lines;
    private readonly ShardUploader _uploader;
    private readonly ShardPlacer _placer;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly int _parallelism;

    /// <summary>Makes a writer.</summary>
    public SnapshotStoreWriter(InfluxApi api, SnapshotPort port, ConnectorOptions options, InfluxTarget target, InfluxWriter lines)
    {
        _target = target;
        _lines = lines;
        _uploader = new ShardUploader(api, port, options);
        _placer = new ShardPlacer(api, port, target, _turn);
        _parallelism = Math.Max(1, options.Parallelism);
    }

    /// <summary>Memory for blocks that wait for their upload, of all groups; beyond it they go to temporary files.</summary>
    public long Memory { get; init; } = 96L << 20;

    /// <summary>Bytes in temporary files of a group after which they are uploaded.</summary>
    public long MaxSpooled { get; init; } = 1L << 30;

    /// <inheritdoc/>
    public async Task<WriteOutcome> WriteAsync(SliceGroup group, IAsyncEnumerable<SliceEvent> rows, CancellationToken cancellation)
    {
        if (!group.Slices.Any(slice => _target.ShardDurationOf(slice.Table.Group) > 0))
            return await _lines.WriteAsync(group, rows, cancellation).ConfigureAwait(false);
        using var state = new GroupState();
        try
        {
            await foreach (var step in rows.WithCancellation(cancellation).ConfigureAwait(false))
            {
                if (step is SliceRows(var slice, var batch))
                    await TakeAsync(state, slice, batch, cancellation).ConfigureAwait(false);
                await MakeRoomAsync(state, group, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            await Task.WhenAll(state.UnderWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await FlushAsync(state, group, cancellation).ConfigureAwait(false);
        return new WriteOutcome(state.Written, state.Failures.Sum(failure => failure.Rows), state.Failures);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SettingOutcome>> CompleteAsync(CancellationToken cancellation) => _lines.CompleteAsync(cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _turn.Dispose();
        return _lines.DisposeAsync();
    }

    private async Task TakeAsync(GroupState state, Slice slice, Batch batch, CancellationToken cancellation)
    {
        PlacedBatch? placed;
        try
        {
            placed = batch.RowCount == 0 ? null : await _placer.PlaceAsync(slice, batch, cancellation).ConfigureAwait(false);
        }
        catch
        {
            batch.Dispose();
            throw;
        }
        if (placed is null)
            state.Deferred.Add(new SliceRows(slice, batch));
        else
            state.UnderWay.Enqueue(Task.Run(() => state.Pass.Take(placed, cancellation), CancellationToken.None));
    }

    /// <summary>Waits for batches that are too many, and sends or sets aside what takes too much room.</summary>
    private async Task MakeRoomAsync(GroupState state, SliceGroup group, CancellationToken cancellation)
    {
        while (state.UnderWay.Count > _parallelism || (state.UnderWay.TryPeek(out var first) && first.IsCompleted))
            await state.UnderWay.Dequeue().ConfigureAwait(false);
        if (state.Pass.Cost > Memory / _parallelism || state.Pass.IsLong)
        {
            await state.SettleAsync().ConfigureAwait(false);
            await Task.Run(() => state.Pass.Spill(cancellation), cancellation).ConfigureAwait(false);
        }
        if (state.Deferred.Count >= MaxDeferred || state.Pass.Spooled > MaxSpooled)
            await FlushAsync(state, group, cancellation).ConfigureAwait(false);
    }

    private async Task FlushAsync(GroupState state, SliceGroup group, CancellationToken cancellation)
    {
        await state.SettleAsync().ConfigureAwait(false);
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            foreach (var (window, files) in state.Pass.Finish())
                await _uploader.UploadAsync(window, files, cancellation).ConfigureAwait(false);
            state.Written += state.Pass.Rows;
            state.Pass.Clear();
            if (state.Deferred.Count == 0)
                return;
            var outcome = await _lines.WriteAsync(group, state.TakeDeferred().ToAsyncEnumerable(), cancellation).ConfigureAwait(false);
            state.Written += outcome.RowsWritten;
            state.Failures.AddRange(outcome.Failures);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>What is under way of one group.</summary>
    private sealed class GroupState : IDisposable
    {
        public ShardPass Pass { get; } = new();

        public Queue<Task> UnderWay { get; } = [];

        public List<SliceRows> Deferred { get; } = [];

        public List<WriteFailure> Failures { get; } = [];

        public long Written { get; set; }

        /// <summary>Waits until all batches are encoded.</summary>
        public async Task SettleAsync()
        {
            while (UnderWay.TryDequeue(out var task))
                await task.ConfigureAwait(false);
        }

        /// <summary>The rows for line protocol; they belong to the receiver.</summary>
        public SliceEvent[] TakeDeferred()
        {
            SliceEvent[] taken = [.. Deferred];
            Deferred.Clear();
            return taken;
        }

        public void Dispose()
        {
            Deferred.ForEach(deferred => deferred.Batch.Dispose());
            Pass.Dispose();
        }
    }
}
