using System.Buffers;
using TsBackup.Connectors.Http;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>
/// Finds the shards for rows, and makes the server ready for files with them. The server makes a shard when a row is written by line
/// protocol, and it must know every field of a shard before a file comes: with an index on disk it opens a shard with the list of
/// fields that writes have left and does not look for others in its files. So a row with each field is written here and is in the
/// file as well, which changes nothing. Types that the server refuses come out here too.
/// </summary>
internal sealed class ShardPlacer(InfluxApi api, SnapshotPort port, InfluxTarget target, SemaphoreSlim turn)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Policy, long Index), ulong> _shards = [];
    private readonly Dictionary<(TableId Table, long Index, string Field), ColumnType> _fields = [];
    private readonly Dictionary<(ulong Shard, long Time), List<byte[]>> _seeds = [];

    /// <summary>Places a batch; null when the server would not take all of its rows, or their shards are not known.</summary>
    public async Task<PlacedBatch?> PlaceAsync(Slice slice, Batch batch, CancellationToken cancellation)
    {
        var policy = slice.Table.Group;
        var length = target.ShardDurationOf(policy);
        if (length <= 0 || NativeBatch.Of(slice, batch) is not { } keys)
            return null;
        var windows = new ShardWindows(length);
        if (Survey(slice.Table, batch, windows) is not { } survey)
            return null;
        if ((survey.Rows.Count > 0 || ShardsOf(policy, survey.Windows) is null)
            && !await SeedAsync(slice, batch, keys, survey, windows, cancellation).ConfigureAwait(false))
        {
            return null;
        }
        return ShardsOf(policy, survey.Windows) is { } shards ? new PlacedBatch(batch, keys, policy, windows, shards) : null;
    }

    /// <summary>True when a value may have come into its shard by line protocol.</summary>
    public bool IsSeed(ulong shard, byte[] key, long time)
    {
        lock (_lock)
            return _seeds.TryGetValue((shard, time), out var series) && series.Exists(seed => key.AsSpan().StartsWith(seed));
    }

    private Dictionary<long, ulong>? ShardsOf(string policy, IEnumerable<long> indexes)
    {
        var shards = new Dictionary<long, ulong>();
        lock (_lock)
        {
            foreach (var index in indexes)
            {
                if (!_shards.TryGetValue((policy, index), out var shard))
                    return null;
                shards.Add(index, shard);
            }
        }
        return shards;
    }

    /// <summary>The windows of a batch and the rows that bring fields which the server does not know there; null when types conflict.</summary>
    private BatchSurvey? Survey(TableId table, Batch batch, ShardWindows windows)
    {
        var survey = new BatchSurvey();
        var times = batch.Time!.Values;
        for (var run = 0; run < batch.RunCount; run++)
        {
            for (int first = batch.RunStart(run), end; first < batch.RunEnd(run); first = end)
            {
                end = windows.EndOf(times, first, batch.RunEnd(run), out var index);
                target.NoteTime(times[first]);
                if (survey.Windows.Add(index))
                    survey.Missing[index] = MissingOf(table, batch, index);
                if (survey.Missing[index] is not { } missing)
                    return null;
                if (missing.Count > 0)
                    survey.Look(missing, index, first, end);
            }
        }
        return survey;
    }

    private List<Column>? MissingOf(TableId table, Batch batch, long index)
    {
        var missing = new List<Column>();
        lock (_lock)
        {
            foreach (var column in batch.Columns)
            {
                if (column.Schema.Role != ColumnRole.Value)
                    continue;
                if (!_fields.TryGetValue((table, index, column.Schema.Name), out var type))
                    missing.Add(column);
                else if (type != column.Schema.Type)
                    return null;
            }
        }
        return missing;
    }

    private async Task<bool> SeedAsync(
        Slice slice, Batch batch, NativeBatch keys, BatchSurvey survey, ShardWindows windows, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (survey.Rows.Count > 0 && !await SendAsync(slice, batch, survey.Rows.Keys, cancellation).ConfigureAwait(false))
                return false;
            if (ShardsOf(slice.Table.Group, survey.Windows) is null)
                await FindAsync(slice.Table.Group, windows, cancellation).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
        lock (_lock)
        {
            foreach (var (index, column) in survey.Found)
                _fields[(slice.Table, index, column.Schema.Name)] = column.Schema.Type;
            foreach (var (row, index) in survey.Rows)
            {
                if (!_shards.TryGetValue((slice.Table.Group, index), out var shard))
                    continue;
                var place = (shard, batch.Time!.Values[row]);
                if (!_seeds.TryGetValue(place, out var series))
                    _seeds.Add(place, series = []);
                series.Add([.. keys.SeriesOf(RunOf(batch, row)), .. SeriesKey.Separator]);
            }
        }
        return true;
    }

    private async Task<bool> SendAsync(Slice slice, Batch batch, IReadOnlyCollection<int> rows, CancellationToken cancellation)
    {
        var lines = new LineProtocolWriter { RefusesFieldsNamedTime = true };
        var text = new ArrayBufferWriter<byte>(4096);
        foreach (var row in rows)
        {
            if (lines.Write(slice.Table.Name, batch, row, row + 1, text) != 1)
                return false;
        }
        return await api.WriteAsync(slice.Table.Group, GzipBody.Pack(text.WrittenSpan), cancellation).ConfigureAwait(false) is null;
    }

    private static int RunOf(Batch batch, int row)
    {
        var at = batch.RunEnds.BinarySearch(row);
        return at >= 0 ? at + 1 : ~at;
    }

    /// <summary>Notes the shards that HTTP and the port agree about.</summary>
    private async Task FindAsync(string policy, ShardWindows windows, CancellationToken cancellation)
    {
        var meta = await port.ReadMetaAsync(cancellation).ConfigureAwait(false);
        var there = meta.Find(api.Database)?.Policies.FirstOrDefault(found => found.Name == policy)?.ShardGroups ?? [];
        var here = (await InfluxShardGroup.ReadAllAsync(api, cancellation).ConfigureAwait(false))
            .Where(group => group.Policy == policy).ToDictionary(group => (ulong)group.Id, group => group.Window.First);
        lock (_lock)
        {
            foreach (var group in there.Where(group => !group.IsDeleted && group.Shards.Count == 1))
            {
                var index = windows.IndexOf(group.Window.Last);
                if (here.TryGetValue(group.Id, out var first) && first == group.Window.First && windows.IndexOf(first) == index)
                    _shards[(policy, index)] = group.Shards[0];
            }
        }
    }

    private sealed class BatchSurvey
    {
        public HashSet<long> Windows { get; } = [];

        /// <summary>Columns without a row so far, by window; null where types conflict.</summary>
        public Dictionary<long, List<Column>?> Missing { get; } = [];

        /// <summary>Rows to be sent, and their windows.</summary>
        public SortedDictionary<int, long> Rows { get; } = [];

        public List<(long Index, Column Column)> Found { get; } = [];

        public void Look(List<Column> missing, long index, int first, int end)
        {
            for (var i = missing.Count - 1; i >= 0; i--)
            {
                var column = missing[i];
                var row = first;
                while (row < end && !column.IsValid(row))
                    row++;
                if (row == end)
                    continue;
                Rows[row] = index;
                Found.Add((index, column));
                missing.RemoveAt(i);
            }
        }
    }
}
