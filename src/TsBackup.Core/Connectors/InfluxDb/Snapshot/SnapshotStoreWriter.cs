using System.Collections.Concurrent;
using System.Globalization;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>
/// Writes groups as TSM files through the snapshot port, into retention policies that this restore has made. What a file should not
/// say goes by line protocol after the file. The port disables a shard while it takes a file, so that all that is sent takes turns.
/// </summary>
internal sealed class SnapshotStoreWriter(InfluxApi api, SnapshotPort port, InfluxTarget target, InfluxWriter lines) : IStoreWriter
{
    private const int MaxDeferred = 8;
    private static readonly Int128 EpochSinceYearOne = (Int128)62_135_596_800 * 1_000_000_000;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly ShardSeeder _seeder = new(api, port);
    private readonly ConcurrentDictionary<(TableId Table, long Index, string Field), ColumnType> _types = new();
    private int _files;

    /// <inheritdoc/>
    public async Task<WriteOutcome> WriteAsync(SliceGroup group, IAsyncEnumerable<SliceEvent> rows, CancellationToken cancellation)
    {
        var pass = new Pass();
        try
        {
            await foreach (var step in rows.WithCancellation(cancellation).ConfigureAwait(false))
            {
                if (step is SliceRows(var slice, var batch))
                    await TakeAsync(pass, slice, batch, cancellation).ConfigureAwait(false);
                if (pass.Deferred.Count >= MaxDeferred || pass.Files.Values.Any(file => file.IsFull))
                    await FlushAsync(pass, group, cancellation).ConfigureAwait(false);
            }
            await FlushAsync(pass, group, cancellation).ConfigureAwait(false);
            return new WriteOutcome(pass.Written, pass.Failures.Sum(failure => failure.Rows), pass.Failures);
        }
        finally
        {
            pass.Deferred.ForEach(deferred => deferred.Batch.Dispose());
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SettingOutcome>> CompleteAsync(CancellationToken cancellation) => lines.CompleteAsync(cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _turn.Dispose();
        return lines.DisposeAsync();
    }

    private async Task TakeAsync(Pass pass, Slice slice, Batch batch, CancellationToken cancellation)
    {
        var length = target.ShardDurationOf(slice.Table.Group);
        if (length <= 0 || NativeBatch.Of(slice, batch) is not { } native
            || await ShardsOfAsync(slice, batch, length, cancellation).ConfigureAwait(false) is not { } shards)
        {
            pass.Deferred.Add(new SliceRows(slice, batch));
            return;
        }
        using (batch)
        {
            for (var run = 0; run < batch.RunCount; run++)
            {
                var series = native.SeriesOf(run);
                target.NoteTime(batch.Time!.Values[batch.RunStart(run)]);
                for (int first = batch.RunStart(run), end; first < batch.RunEnd(run); first = end)
                {
                    end = EndOf(batch, first, batch.RunEnd(run), length);
                    pass.FileOf(slice.Table.Group, shards[IndexOf(batch, first, length)]).Add(series, batch, first, end);
                }
            }
        }
    }

    /// <summary>The shards of a batch by their index; null when the server would not take all of its rows.</summary>
    private async Task<Dictionary<long, ulong>?> ShardsOfAsync(Slice slice, Batch batch, long length, CancellationToken cancellation)
    {
        var rows = new Dictionary<long, int>();
        for (var run = 0; run < batch.RunCount; run++)
        {
            for (var first = batch.RunStart(run); first < batch.RunEnd(run); first = EndOf(batch, first, batch.RunEnd(run), length))
                rows.TryAdd(IndexOf(batch, first, length), first);
        }
        foreach (var column in batch.Columns.Where(column => column.Schema.Role == ColumnRole.Value))
        {
            if (rows.Keys.Any(index => _types.GetOrAdd((slice.Table, index, column.Schema.Name), column.Schema.Type) != column.Schema.Type))
                return null;
        }
        var shards = new Dictionary<long, ulong>();
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            foreach (var (index, row) in rows)
            {
                if (await _seeder.ShardOfAsync(slice, batch, row, index, cancellation).ConfigureAwait(false) is not { } shard)
                    return null;
                shards.Add(index, shard);
            }
            return shards;
        }
        finally
        {
            _turn.Release();
        }
    }

    private static long IndexOf(Batch batch, int row, long length) => (long)((batch.Time!.Values[row] + EpochSinceYearOne) / length);

    private static int EndOf(Batch batch, int first, int end, long length)
    {
        var index = IndexOf(batch, first, length);
        if (IndexOf(batch, end - 1, length) == index)
            return end;
        var row = first + 1;
        while (IndexOf(batch, row, length) == index)
            row++;
        return row;
    }

    private async Task FlushAsync(Pass pass, SliceGroup group, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            foreach (var ((policy, shard), file) in pass.Files)
            {
                await UploadAsync(policy, shard, file, cancellation).ConfigureAwait(false);
                pass.Written += file.Rows;
            }
            pass.Files.Clear();
            if (pass.Deferred.Count == 0)
                return;
            var outcome = await lines.WriteAsync(group, pass.TakeDeferred().ToAsyncEnumerable(), cancellation).ConfigureAwait(false);
            pass.Written += outcome.RowsWritten;
            pass.Failures.AddRange(outcome.Failures);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task UploadAsync(string policy, ulong shard, ShardFileBuilder file, CancellationToken cancellation)
    {
        // Numbers far apart leave room for the files that the server writes itself.
        var generation = Interlocked.Increment(ref _files) * 10_000;
        var name = string.Create(CultureInfo.InvariantCulture, $"{api.Database}/{policy}/{shard}/{generation:D9}-000000001.tsm");
        using var content = new MemoryStream();
        file.WriteTo(content);
        content.Position = 0;
        await port.UploadAsync(shard, name, content, cancellation).ConfigureAwait(false);
        var rows = await api.QueryAsync(SampleQuery(policy, file.Sample.Key, file.Sample.Time), cancellation).ConfigureAwait(false);
        if (rows.Sum(row => row.Integer("count")) == 0)
        {
            throw new TsBackupException(
                ErrorId.StoreConnectionLost,
                $"{api.Target} has not taken the file for shard {shard} that was sent to its snapshot port {port.Target}.",
                api.Target,
                "See the server's log, or restore by line protocol with ?restore=lines.");
        }
    }

    private string SampleQuery(string policy, ReadOnlySpan<byte> key, long time)
    {
        var series = key[..SeriesKey.SeriesLength(key)];
        var field = SeriesKey.Text(key[(series.Length + SeriesKey.Separator.Length)..]);
        var measurement = SeriesKey.MeasurementLength(series);
        var table = new TableId(policy, SeriesKey.Measurement(series[..measurement]));
        var query = $"SELECT count({InfluxQl.Name(field)}::field) FROM {InfluxQl.Source(api.Database, table)} WHERE {InfluxQl.Times(new TimeRange(time, time))}";
        var rest = measurement == series.Length ? default : series[(measurement + 1)..];
        while (SeriesKey.NextTag(ref rest, out var tag, out var value))
        {
            var text = SeriesKey.Text(LineProtocol.LineProtocolSyntax.UnescapeTag(value));
            query += $" AND {InfluxQl.Name(SeriesKey.Text(tag))}::tag = {InfluxQl.Text(text)}";
        }
        return query;
    }

    /// <summary>What is under way of one group.</summary>
    private sealed class Pass
    {
        public Dictionary<(string Policy, ulong Shard), ShardFileBuilder> Files { get; } = [];

        public List<SliceRows> Deferred { get; } = [];

        public List<WriteFailure> Failures { get; } = [];

        public long Written { get; set; }

        public ShardFileBuilder FileOf(string policy, ulong shard) =>
            Files.TryGetValue((policy, shard), out var file) ? file : Files[(policy, shard)] = new ShardFileBuilder();

        /// <summary>The rows for line protocol; they belong to the receiver.</summary>
        public SliceEvent[] TakeDeferred()
        {
            SliceEvent[] taken = [.. Deferred];
            Deferred.Clear();
            return taken;
        }
    }
}
