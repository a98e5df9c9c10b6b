using System.Globalization;
using System.Runtime.CompilerServices;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>Marks a group that was planned for native reading.</summary>
/// <param name="Scope">Decides about tables that turn up in the shard and were not in the catalog.</param>
internal sealed record SnapshotToken(Scope Scope);

/// <summary>Plans and reads whole shards through the snapshot port: all tables of a shard in one pass.</summary>
internal sealed class SnapshotReader(SnapshotPort port, InfluxApi api, InfluxPlanner planner, ConnectorOptions options) : IShardReader
{
    private const char Separator = '+';
    private const long Memory = 4L << 20;
    private readonly SpoolBudget _budget = new(Memory);

    // Decoding is about as much work as encoding, and each shard under way holds batches: half of the cores decode, others fetch.
    private readonly SemaphoreSlim _decoders = new(Math.Max(1, options.Parallelism / 2));

    /// <summary>The port.</summary>
    public SnapshotPort Port => port;

    /// <summary>One group per shard group, with a fingerprint.</summary>
    public async Task<IReadOnlyList<SliceGroup>> PlanAsync(Catalog catalog, Scope scope, CancellationToken cancellation)
    {
        var now = (options.Clock.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks) * 100;
        var tables = catalog.Tables.Where(table => scope.Covers(table.Id)).ToLookup(table => table.Id.Group, StringComparer.Ordinal);
        var there = await api.GetTimeAsync(cancellation).ConfigureAwait(false);
        var passed = Math.Min(now, (there.UtcTicks - DateTime.UnixEpoch.Ticks) * 100);
        using var places = new SemaphoreSlim(options.Parallelism);
        var plans = (await ShardGroupsAsync(cancellation).ConfigureAwait(false))
            .Select(shard => PlanAsync(shard.Policy, shard.Group, [.. tables[shard.Policy].Select(table => table.Id)], scope, now, passed, places, cancellation))
            .ToArray();
        var groups = await Task.WhenAll(plans).ConfigureAwait(false);
        return [.. groups.OfType<SliceGroup>()];
    }

    /// <summary>True when the shards of a group, whose fingerprints differ, are still what they were at the earlier one.</summary>
    public async Task<bool> IsUnchangedAsync(string now, string earlier, CancellationToken cancellation)
    {
        var (after, before) = (now.Split(Separator), earlier.Split(Separator));
        if (after.Length != before.Length)
            return false;
        for (var i = 0; i < after.Length; i++)
        {
            if (after[i] != before[i]
                && !await ShardFingerprint.IsUnchangedAsync(port, after[i], before[i], cancellation).ConfigureAwait(false))
            {
                return false;
            }
        }
        return true;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SliceEvent> ReadAsync(SliceGroup group, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var shards = await ShardGroupsAsync(cancellation).ConfigureAwait(false);
        var left = group.Slices.ToList();
        while (left.Count > 0)
        {
            // A pass takes one slice per table and all shards that reach into their windows.
            var policy = left[0].Table.Group;
            var pass = left.Where(slice => slice.Table.Group == policy).DistinctBy(slice => slice.Table).ToDictionary(slice => slice.Table.Name);
            left.RemoveAll(slice => pass.GetValueOrDefault(slice.Table.Name) == slice);
            await foreach (var step in ReadPassAsync(group, policy, pass, shards, cancellation).ConfigureAwait(false))
                yield return step;
        }
    }

    private async IAsyncEnumerable<SliceEvent> ReadPassAsync(
        SliceGroup group,
        string policy,
        Dictionary<string, Slice> pass,
        List<(string Policy, MetaShardGroup Group)> shards,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var spooled = new List<SpooledShard>();
        try
        {
            foreach (var (owner, shardGroup) in shards)
            {
                if (owner != policy || !pass.Values.Any(slice => slice.Window.Overlaps(shardGroup.Window)))
                    continue;
                foreach (var shard in shardGroup.Shards)
                    spooled.Add(await FetchAsync(shard, Folder(policy, shard), cancellation).ConfigureAwait(false));
            }
            var sliceOf = SliceOf(group, policy, pass);
            await _decoders.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                await foreach (var step in BackgroundReader.RunAsync(stop => Read(spooled, pass, sliceOf, stop), cancellation).ConfigureAwait(false))
                    yield return step;
            }
            finally
            {
                _decoders.Release();
            }
        }
        finally
        {
            spooled.ForEach(shard => shard.Dispose());
        }
    }

    private static Func<string, Slice?> SliceOf(SliceGroup group, string policy, Dictionary<string, Slice> pass)
    {
        if (group.Token is not SnapshotToken token)
            return pass.GetValueOrDefault;
        var window = group.Slices[0].Window;
        return name =>
        {
            var table = new TableId(policy, name);
            return pass.TryGetValue(name, out var known) ? known : token.Scope.Covers(table) ? new Slice(table, window) : null;
        };
    }

    private static IEnumerable<SliceEvent> Read(
        List<SpooledShard> spooled, Dictionary<string, Slice> pass, Func<string, Slice?> sliceOf, CancellationToken stop)
    {
        var streams = spooled.SelectMany(shard => shard.Files.OpenStreams(null)).ToList();
        return ShardReader.Read(new SeriesMerge(streams), sliceOf, [.. pass.Values], stop);
    }

    /// <summary>Nothing has been handed on yet while a shard is fetched, so that it can be tried again.</summary>
    private async Task<SpooledShard> FetchAsync(ulong shard, string folder, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await port.FetchAsync(shard, folder, _budget, cancellation).ConfigureAwait(false);
            }
            catch (TsBackupException error) when (error.IsTransient && error.Id != ErrorId.StoreBusy && attempt < options.Attempts)
            {
                options.Log?.Invoke($"{error.Message} Fetching shard {shard} again.");
                await Task.Delay(Http.Backoff.Pause(attempt, null), options.Clock, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<SliceGroup?> PlanAsync(
        string policy, MetaShardGroup shard, TableId[] tables, Scope scope, long now, long passed, SemaphoreSlim places, CancellationToken cancellation)
    {
        await places.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var group = new InfluxShardGroup((long)shard.Id, policy, shard.Window);
            var window = await planner.CutAsync(group, scope.Range, now, cancellation).ConfigureAwait(false);
            if (window.IsEmpty || tables.Length == 0)
                return null;
            var fingerprints = new List<string?>();
            foreach (var id in shard.Shards)
                fingerprints.Add(await ShardFingerprint.OfAsync(port, id, passed, cancellation).ConfigureAwait(false));
            return new SliceGroup(
                string.Create(CultureInfo.InvariantCulture, $"{policy}/{shard.Window.First}"),
                [.. tables.Select(table => new Slice(table, window))],
                fingerprints.Contains(null) ? null : string.Join(Separator, fingerprints))
            {
                Token = new SnapshotToken(scope),
            };
        }
        finally
        {
            places.Release();
        }
    }

    private async Task<List<(string Policy, MetaShardGroup Group)>> ShardGroupsAsync(CancellationToken cancellation)
    {
        var meta = await port.ReadMetaAsync(cancellation).ConfigureAwait(false);
        var found = meta.Find(api.Database) ?? throw new TsBackupException(
            ErrorId.StoreNotFound, $"The server behind {port.Target} has no database '{api.Database}'.", port.Target);
        var groups = found.Policies
            .SelectMany(policy => policy.ShardGroups.Where(group => !group.IsDeleted && group.Shards.Count > 0).Select(group => (policy.Name, group)))
            .ToList();
        groups.Sort(static (a, b) =>
        {
            var byPolicy = string.CompareOrdinal(a.Name, b.Name);
            return byPolicy != 0 ? byPolicy : a.group.Window.First.CompareTo(b.group.Window.First);
        });
        return ShardOverlaps.Join(groups, group => group.Name, group => group.group.Window).ConvertAll(joined =>
            (joined.Policy, joined.Groups[0].group with { Window = joined.Window, Shards = [.. joined.Groups.SelectMany(group => group.group.Shards).Order()] }));
    }

    private string Folder(string policy, ulong shard) => string.Create(CultureInfo.InvariantCulture, $"{api.Database}/{policy}/{shard}");
}
