using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Tests.Support;

/// <summary>A store in memory whose every step can be made to fail, for testing operations.</summary>
internal sealed class MemoryStore : IConnector
{
    private readonly ConcurrentDictionary<string, int> _reads = new();

    public MemoryStore(string name = "source") => Address = StoreAddress.Parse($"memory://host/{name}");

    public StoreAddress Address { get; }

    public StoreCapabilities Capabilities { get; set; } = new() { Deletes = true, Fingerprints = true, Scratch = true };

    /// <summary>Groups with their fingerprint; slices hold rows as (key, time, value).</summary>
    public List<MemoryGroup> Groups { get; } = [];

    public List<SettingsDocument> Settings { get; } = [];

    /// <summary>Called before each batch is handed out: (group, slice, index of the batch in the slice). May throw.</summary>
    public Func<SliceGroup, Slice, int, SliceEvent?> OnRead { get; set; } = (_, _, _) => null;

    /// <summary>Called per batch written; returns how many of its rows are refused. May throw.</summary>
    public Func<Slice, Batch, long> OnWrite { get; set; } = (_, _) => 0;

    public List<string> Dropped { get; } = [];

    public bool Completed { get; private set; }

    /// <summary>What each group is said to take; −1 when that is not known.</summary>
    public long EstimatedBytes { get; set; } = -1;

    /// <summary>How often a group was read.</summary>
    public int ReadsOf(string group) => _reads.GetValueOrDefault(group);

    public int AllReads => _reads.Values.Sum();

    public IEnumerable<MemoryRow> Rows(TableId table) =>
        Groups.SelectMany(g => g.Slices).Where(s => s.Slice.Table == table).SelectMany(s => s.Rows);

    public MemoryGroup Add(string id, string? fingerprint, params MemorySlice[] slices)
    {
        var group = new MemoryGroup(id, fingerprint, [.. slices]);
        Groups.RemoveAll(g => g.Id == id);
        Groups.Add(group);
        return group;
    }

    public Task<Catalog> DescribeAsync(CancellationToken cancellation)
    {
        var tables = Groups.SelectMany(g => g.Slices).Select(s => s.Slice.Table)
            .Distinct().Select(t => new TableSchema(t, MemorySlice.Columns));
        return Task.FromResult(new Catalog("Memory", Address.ToString(), "memory 1", [.. tables], Settings, []));
    }

    public Task<IReadOnlyList<SliceGroup>> PlanAsync(Catalog catalog, Scope scope, CancellationToken cancellation)
    {
        var plan = new List<SliceGroup>();
        foreach (var group in Groups)
        {
            var slices = group.Slices
                .Where(s => scope.Covers(s.Slice.Table) && s.Slice.Window.Overlaps(scope.Range))
                .Select(s => s.Slice with { Window = s.Slice.Window.Intersect(scope.Range) })
                .ToArray();
            if (slices.Length > 0)
                plan.Add(new SliceGroup(group.Id, slices, group.Fingerprint, EstimatedBytes: EstimatedBytes) { Token = group });
        }
        return Task.FromResult<IReadOnlyList<SliceGroup>>(plan);
    }

    public async IAsyncEnumerable<SliceEvent> ReadAsync(SliceGroup group, [EnumeratorCancellation] CancellationToken cancellation)
    {
        _reads.AddOrUpdate(group.Id, 1, static (_, n) => n + 1);
        foreach (var slice in group.Slices)
        {
            await Task.Yield();
            var rows = Rows(slice.Table).Where(r => slice.Window.Contains(r.Time));
            var index = 0;
            var failed = false;
            foreach (var batch in MemorySlice.ToBatches(rows))
            {
                if (OnRead(group, slice, index++) is { } instead)
                {
                    batch.Dispose();
                    failed = true;
                    yield return instead;
                    break;
                }
                yield return new SliceRows(slice, batch);
            }
            if (!failed)
                yield return new SliceEnd(slice);
        }
    }

    public Task<bool> HasRowsAsync(TableId table, TimeRange range, CancellationToken cancellation) =>
        Task.FromResult(Rows(table).Any(r => range.Contains(r.Time)));

    public Task DeleteRowsAsync(TableId table, TimeRange range, CancellationToken cancellation)
    {
        foreach (var slice in Groups.SelectMany(g => g.Slices).Where(s => s.Slice.Table == table))
            slice.Rows.RemoveAll(r => range.Contains(r.Time));
        return Task.CompletedTask;
    }

    public Task<IStoreWriter> OpenWriterAsync(RestoreTarget target, CancellationToken cancellation) =>
        Task.FromResult<IStoreWriter>(new Writer(this, target));

    public StoreAddress ScratchAddress(string name) => Address.WithPath($"{Address.Path}-scratch-{name}");

    public Task DropScratchAsync(CancellationToken cancellation)
    {
        Dropped.Add(Address.ToString());
        Groups.Clear();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Write(Slice slice, Batch batch, long refused)
    {
        lock (Groups)
        {
            var id = slice.ToString();
            var group = Groups.Find(g => g.Id == id);
            if (group is null)
                Groups.Add(group = new MemoryGroup(id, null, [new MemorySlice(slice, [])]));
            var taken = MemorySlice.FromBatch(batch).SkipLast((int)refused);
            foreach (var row in taken)
            {
                foreach (var other in Groups.SelectMany(g => g.Slices).Where(s => s.Slice.Table == slice.Table))
                    other.Rows.RemoveAll(r => r.Key == row.Key && r.Time == row.Time);
                group.Slices[0].Rows.Add(row);
            }
        }
    }

    private sealed class Writer(MemoryStore store, RestoreTarget target) : IStoreWriter
    {
        public async Task<WriteOutcome> WriteAsync(SliceGroup group, IAsyncEnumerable<SliceEvent> rows, CancellationToken cancellation)
        {
            long written = 0;
            var failures = new List<WriteFailure>();
            await foreach (var item in rows.WithCancellation(cancellation))
            {
                if (item is not SliceRows batch)
                    continue;
                using (batch.Batch)
                {
                    var refused = store.OnWrite(batch.Slice, batch.Batch);
                    store.Write(batch.Slice, batch.Batch, refused);
                    written += batch.Batch.RowCount - refused;
                    if (refused > 0)
                        failures.Add(new WriteFailure(batch.Slice, refused, nameof(ErrorId.StoreWriteRejected), "refused by the test."));
                }
            }
            return new WriteOutcome(written, failures.Sum(f => f.Rows), failures);
        }

        public Task<IReadOnlyList<SettingOutcome>> CompleteAsync(CancellationToken cancellation)
        {
            store.Completed = true;
            return Task.FromResult<IReadOnlyList<SettingOutcome>>(
                [.. target.Catalog.Settings.Select(s => new SettingOutcome(s.Kind, s.Name, true, ""))]);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>A row of one tag and two nullable fields.</summary>
internal sealed record MemoryRow(string Key, long Time, double? Load, long? Count);

internal sealed record MemoryGroup(string Id, string? Fingerprint, List<MemorySlice> Slices);

internal sealed record MemorySlice(Slice Slice, List<MemoryRow> Rows)
{
    public const int RowsPerBatch = 100;

    public static readonly ColumnSchema[] Columns =
    [
        new("host", ColumnRole.Key, ColumnType.String),
        new("time", ColumnRole.Time, ColumnType.Timestamp),
        new("load", ColumnRole.Value, ColumnType.Float64),
        new("count", ColumnRole.Value, ColumnType.Int64),
    ];

    /// <summary>A slice of seeded rows: some hosts, each with as many rows, one second apart, all inside the window.</summary>
    public static MemorySlice Make(string table, TimeRange window, int hosts, int rowsPerHost, int seed)
    {
        var random = new Random(seed);
        var step = Math.Max(1, Math.Min(1_000_000_000, (window.Last - window.First) / (rowsPerHost + 1)));
        var rows = new List<MemoryRow>();
        for (var host = 0; host < hosts; host++)
        {
            for (var i = 0; i < rowsPerHost; i++)
            {
                double? load = random.Next(10) == 0 ? null : Math.Round(random.NextDouble() * 100, 2);
                long? count = load is null || random.Next(3) > 0 ? random.NextInt64() : null;
                rows.Add(new MemoryRow($"host{host}", window.First + (i * step), load, count));
            }
        }
        return new MemorySlice(new Slice(new TableId("", table), window), rows);
    }

    public static IEnumerable<Batch> ToBatches(IEnumerable<MemoryRow> rows)
    {
        foreach (var part in rows.OrderBy(r => r.Key, StringComparer.Ordinal).ThenBy(r => r.Time).Chunk(RowsPerBatch))
        {
            var batch = new Batch();
            var columns = Columns.Select(batch.AddColumn).ToArray();
            foreach (var run in part.GroupBy(r => r.Key))
            {
                ((BytesColumn)columns[0]).Append(run.Key);
                foreach (var row in run)
                {
                    ((FixedColumn<long>)columns[1]).Append(row.Time);
                    Append((FixedColumn<double>)columns[2], row.Load);
                    Append((FixedColumn<long>)columns[3], row.Count);
                }
                batch.EndRun(run.Count());
            }
            yield return batch.Seal();
        }
    }

    public static IEnumerable<MemoryRow> FromBatch(Batch batch)
    {
        var host = (BytesColumn)batch.FindColumn(Columns[0])!;
        var load = (FixedColumn<double>)batch.FindColumn(Columns[2])!;
        var count = (FixedColumn<long>)batch.FindColumn(Columns[3])!;
        var rows = new List<MemoryRow>();
        for (var run = 0; run < batch.RunCount; run++)
        {
            var key = System.Text.Encoding.UTF8.GetString(host[run]);
            for (var i = batch.RunStart(run); i < batch.RunEnd(run); i++)
                rows.Add(new MemoryRow(
                    key, batch.Time!.Values[i], load.IsValid(i) ? load.Values[i] : null, count.IsValid(i) ? count.Values[i] : null));
        }
        return rows;
    }

    private static void Append<T>(FixedColumn<T> column, T? value)
        where T : unmanaged
    {
        if (value is { } present)
            column.Append(present);
        else
            column.AppendNull();
    }
}
