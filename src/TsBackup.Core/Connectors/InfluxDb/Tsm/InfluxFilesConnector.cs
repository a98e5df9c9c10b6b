using System.Globalization;
using TsBackup.Connectors.InfluxDb.Snapshot;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// The data folder of an InfluxDB 1.x server that does not run. Addresses name the folder of a database,
/// <c>influxdb+files:///var/lib/influxdb/data/telemetry</c>, or the server's folder and the database,
/// <c>influxdb+files:///var/lib/influxdb?db=telemetry</c>, which is the same store. <c>wal=</c> and <c>meta=</c> name folders that
/// are not beside <c>data</c>. Reads only.
/// </summary>
public sealed class InfluxFilesConnector : IConnector
{
    private readonly ConnectorOptions _options;
    private readonly FilesLayout _layout;
    private readonly Dictionary<FilesShard, (List<string> Measurements, TsBackupException? Error)> _scans = [];
    private readonly Lock _lock = new();

    /// <summary>Makes a connector; opens nothing.</summary>
    public InfluxFilesConnector(StoreAddress address, ConnectorOptions options)
    {
        _options = options;
        _layout = FilesLayout.From(address);
        Address = address.WithPath(_layout.DatabaseFolder);
        Capabilities = new StoreCapabilities
        {
            Writes = false,
            NativeSnapshot = true,
            Fingerprints = true,
            LocalDataPath = _layout.DatabaseFolder,
            SettingsKinds =
            [
                InfluxRetentionPolicy.Kind, InfluxSettingsReader.ContinuousQuery, InfluxSettingsReader.Subscription, InfluxSettingsReader.User,
            ],
        };
    }

    /// <summary>The line of the connector catalog.</summary>
    public static ConnectorInfo Info { get; } = new(
        "InfluxDB files",
        ["influxdb+files"],
        "influxdb+files:///var/lib/influxdb/data/telemetry",
        static (address, options) => new InfluxFilesConnector(address, options));

    /// <inheritdoc/>
    public StoreAddress Address { get; }

    /// <inheritdoc/>
    public StoreCapabilities Capabilities { get; }

    /// <inheritdoc/>
    public Task<Catalog> DescribeAsync(CancellationToken cancellation) => Task.Run(() => Describe(cancellation), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<SliceGroup>> PlanAsync(Catalog catalog, Scope scope, CancellationToken cancellation) => Task.Run<IReadOnlyList<SliceGroup>>(
        () =>
        {
            var groups = new List<SliceGroup>();
            foreach (var (policy, whole, shards) in ShardOverlaps.Join(_layout.Shards(), shard => shard.Policy, shard => shard.Window))
            {
                cancellation.ThrowIfCancellationRequested();
                var window = whole.Intersect(scope.Range);
                if (!window.IsEmpty && Group(policy, window, whole, shards, scope, cancellation) is { } group)
                    groups.Add(group);
            }
            return groups;
        },
        cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<SliceEvent> ReadAsync(SliceGroup group, CancellationToken cancellation) =>
        BackgroundReader.RunAsync(stop => Read(group, stop), cancellation);

    /// <inheritdoc/>
    public async Task<bool> HasRowsAsync(TableId table, TimeRange range, CancellationToken cancellation)
    {
        var found = false;
        await foreach (var step in ReadAsync(new SliceGroup("probe", [new Slice(table, range)]), cancellation).ConfigureAwait(false))
        {
            if (step is not SliceRows(_, var batch))
                continue;
            batch.Dispose();
            found = true;
            break;
        }
        return found;
    }

    /// <inheritdoc/>
    public Task DeleteRowsAsync(TableId table, TimeRange range, CancellationToken cancellation) => throw ReadOnly();

    /// <inheritdoc/>
    public Task<IStoreWriter> OpenWriterAsync(RestoreTarget target, CancellationToken cancellation) => throw ReadOnly();

    /// <inheritdoc/>
    public StoreAddress ScratchAddress(string name) => throw ReadOnly();

    /// <inheritdoc/>
    public Task DropScratchAsync(CancellationToken cancellation) => throw ReadOnly();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private SliceGroup? Group(
        string policy, TimeRange window, TimeRange whole, List<FilesShard> shards, Scope scope, CancellationToken cancellation)
    {
        var scans = shards.ConvertAll(shard => ScanOf(shard, cancellation));
        var damage = scans.Find(scan => scan.Error is not null).Error;
        var slices = scans.SelectMany(scan => scan.Measurements).Distinct(StringComparer.Ordinal)
            .Select(name => new TableId(policy, name)).Where(scope.Covers).Select(table => new Slice(table, window)).ToList();

        // Nobody knows what tables a damaged shard holds; a slice in its name tells of the gap.
        if (damage is not null)
        {
            var names = string.Join('+', shards.Where((_, i) => scans[i].Error is not null).Select(shard => shard.Id));
            slices.Add(new Slice(new TableId(policy, $"shard {names}"), window, damage.Target ?? names));
        }
        if (slices.Count == 0)
            return null;
        return new SliceGroup(
            string.Create(CultureInfo.InvariantCulture, $"{policy}/{whole.First}"),
            slices,
            damage is null ? string.Join('+', shards.Select(shard => shard.Files.Fingerprint())) : null,
            EstimatedBytes: shards.Sum(shard => shard.Files.Size()))
        {
            Token = damage,
        };
    }

    private Catalog Describe(CancellationToken cancellation)
    {
        var warnings = new List<string>(_layout.Warnings());
        var scan = new KeyScan();
        foreach (var shard in _layout.Shards())
        {
            var found = Scan(scan, shard, warnings.Add, cancellation);
            if (found.Error is { } error)
                warnings.Add(error.Message);
            lock (_lock)
                _scans[shard] = found;
        }
        var meta = _layout.Meta();
        var database = meta?.Find(_layout.Database);
        var settings = meta is null || database is null ? [] : MetaDocuments.Of(meta, database);
        return new Catalog("InfluxDB", Address.ToString(), "InfluxDB 1.x files", scan.Tables(), settings, warnings);
    }

    /// <summary>The measurements of a shard; why they cannot be known when it is damaged, which must not keep other shards from being read.</summary>
    private static (List<string> Measurements, TsBackupException? Error) Scan(
        KeyScan scan, FilesShard shard, Action<string>? remark, CancellationToken cancellation)
    {
        try
        {
            return (scan.Add(shard.Policy, shard.Files, remark, cancellation), null);
        }
        catch (TsBackupException error)
        {
            return ([], error);
        }
    }

    private (List<string> Measurements, TsBackupException? Error) ScanOf(FilesShard shard, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (!_scans.TryGetValue(shard, out var known))
                _scans[shard] = known = Scan(new KeyScan(), shard, null, cancellation);
            return known;
        }
    }

    /// <summary>
    /// Reads the slices in passes in which no table comes twice. A pass takes in all shards of the policy that reach into a window,
    /// so that a series comes in one piece whatever the borders of the shards are by now.
    /// </summary>
    private IEnumerable<SliceEvent> Read(SliceGroup group, CancellationToken stop)
    {
        if (group.Token is TsBackupException damage)
            throw damage;
        var left = group.Slices.ToList();
        while (left.Count > 0)
        {
            var policy = left[0].Table.Group;
            var pass = left.Where(slice => slice.Table.Group == policy).DistinctBy(slice => slice.Table).ToDictionary(slice => slice.Table.Name);
            left.RemoveAll(slice => pass.GetValueOrDefault(slice.Table.Name) == slice);
            var shards = _layout.Shards()
                .Where(shard => shard.Policy == policy && pass.Values.Any(slice => slice.Window.Overlaps(shard.Window)))
                .OrderBy(shard => shard.Id).ToArray();
            var before = shards.Select(shard => shard.Files.Fingerprint()).ToArray();
            var streams = new List<KeyStream>();
            try
            {
                foreach (var shard in shards)
                    streams.AddRange(shard.Files.OpenStreams(_options.Warn));
            }
            catch
            {
                streams.ForEach(stream => stream.Dispose());
                throw;
            }
            foreach (var step in ShardReader.Read(new SeriesMerge(streams), pass.GetValueOrDefault, [.. pass.Values], stop))
                yield return step;
            if (!shards.Select(shard => shard.Reopen().Fingerprint()).SequenceEqual(before))
            {
                throw new TsBackupException(
                    ErrorId.StoreChanged,
                    $"Files of {Address} changed while they were read.",
                    Address.ToString(),
                    "Stop the server, or back it up through its own address.");
            }
        }
    }

    private TsBackupException ReadOnly() => new(
        ErrorId.CapabilityMissing, $"{Address} can only be read.", Address.ToString(), "Restore into a running server: influxdb://host:8086/database.");
}
