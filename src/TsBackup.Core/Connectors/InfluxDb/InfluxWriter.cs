using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>Writes groups as gzip bodies of line protocol, several at once.</summary>
internal sealed class InfluxWriter(InfluxApi api, ConnectorOptions options, InfluxTarget target) : IStoreWriter
{
    private const int PointsPerBody = 50_000;
    private readonly SemaphoreSlim _places = new(Math.Max(1, options.Parallelism));
    private readonly InfluxPointSender _sender = new(api);

    /// <inheritdoc/>
    public async Task<WriteOutcome> WriteAsync(SliceGroup group, IAsyncEnumerable<SliceEvent> rows, CancellationToken cancellation)
    {
        var account = new InfluxWriteAccount();
        var underWay = new Queue<Task>();
        try
        {
            await foreach (var step in rows.WithCancellation(cancellation).ConfigureAwait(false))
            {
                if (step is not SliceRows(var slice, var batch))
                    continue;
                underWay.Enqueue(WriteBatchAsync(slice, batch, account, cancellation));

                // A batch or two ahead keeps the connections busy; more would only take memory.
                while (underWay.Count > 2 || underWay.TryPeek(out var first) && first.IsCompleted)
                    await underWay.Dequeue().ConfigureAwait(false);
            }
        }
        finally
        {
            await Task.WhenAll(underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(underWay).ConfigureAwait(false);
        return account.ToOutcome();
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SettingOutcome>> CompleteAsync(CancellationToken cancellation) => target.CompleteAsync(cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _places.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task WriteBatchAsync(Slice slice, Batch batch, InfluxWriteAccount account, CancellationToken cancellation)
    {
        using (batch)
        {
            if (batch.RowCount == 0)
                return;
            target.NoteTime(slice.Table.Group, batch);
            var fields = Math.Max(1, batch.Columns.Count(column => column.Schema.Role == ColumnRole.Value));
            var byBytes = (int)Math.Min(int.MaxValue, 4L * 1024 * 1024 * batch.RowCount / Math.Max(1, batch.ByteSize));
            var rows = Math.Clamp(Math.Min(PointsPerBody / fields, byBytes), 1, 20_000);
            var bodies = new List<Task>();
            for (var first = 0; first < batch.RowCount; first += rows)
                bodies.Add(WriteBodyAsync(slice, batch, first, Math.Min(batch.RowCount, first + rows), account, cancellation));
            await Task.WhenAll(bodies).ConfigureAwait(false);
        }
    }

    private async Task WriteBodyAsync(
        Slice slice, Batch batch, int first, int end, InfluxWriteAccount account, CancellationToken cancellation)
    {
        await _places.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await Task.Run(
                () => _sender.SendAsync(slice, batch, first, end, target.ShardDurationOf(slice.Table.Group), account, cancellation),
                cancellation).ConfigureAwait(false);
        }
        finally
        {
            _places.Release();
        }
    }
}
