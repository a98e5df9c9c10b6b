using System.Globalization;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>Cuts the scope along shard groups: one slice per table and shard group, so that every field has one type in a slice.</summary>
internal sealed class InfluxPlanner(InfluxApi api, ConnectorOptions options)
{
    private const long NanosecondsPerTick = 100;
    private const int ManySlices = 512;
    private const int TablesPerGroup = 16;

    /// <summary>Plans reading over HTTP.</summary>
    public async Task<IReadOnlyList<SliceGroup>> PlanAsync(Catalog catalog, Scope scope, CancellationToken cancellation)
    {
        var now = (options.Clock.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks) * NanosecondsPerTick;
        var shards = await ShardGroupsAsync(catalog, scope, cancellation).ConfigureAwait(false);
        var tables = catalog.Tables.Where(table => scope.Covers(table.Id)).ToLookup(table => table.Id.Group, StringComparer.Ordinal);
        var perGroup = shards.Sum(shard => (long)tables[shard.Policy].Count()) > ManySlices ? TablesPerGroup : 1;
        var token = InfluxGroupToken.From(catalog);
        var groups = new List<SliceGroup>();
        foreach (var (_, joined, parts) in ShardOverlaps.Join(shards, shard => shard.Policy, shard => shard.Window))
        {
            var shard = parts[0] with { Window = joined };
            var window = await CutAsync(shard, scope.Range, now, cancellation).ConfigureAwait(false);
            if (window.IsEmpty)
                continue;
            foreach (var chunk in tables[shard.Policy].Chunk(perGroup))
            {
                var id = string.Create(CultureInfo.InvariantCulture, $"{shard.Policy}/{shard.Window.First}/{chunk[0].Id.Name}");
                groups.Add(new SliceGroup(id, [.. chunk.Select(table => new Slice(table.Id, window))])
                {
                    // Over several shard groups a field may have several types, which reading finds out.
                    Token = token with { SpansShards = parts.Count > 1 },
                });
            }
        }
        return groups;
    }

    private async Task<List<InfluxShardGroup>> ShardGroupsAsync(Catalog catalog, Scope scope, CancellationToken cancellation)
    {
        try
        {
            return await InfluxShardGroup.ReadAllAsync(api, cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (e.Id == ErrorId.StoreAccessDenied)
        {
            options.Log?.Invoke($"{api.Target} does not show its shard groups to this user; windows are found by looking for rows.");
            return await new InfluxWindowFinder(api).FindAsync(catalog, scope, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The part of a shard group that is read. The open one ends now, so that all of its tables end at one time, unless it holds
    /// rows of the future already: those would be left out.
    /// </summary>
    public async Task<TimeRange> CutAsync(InfluxShardGroup shard, TimeRange range, long now, CancellationToken cancellation)
    {
        var window = shard.Window.Intersect(range);
        if (window.IsEmpty || !window.Contains(now) || window.Last == now)
            return window;
        var future = window with { First = now + 1 };
        var source = $"{InfluxQl.Name(api.Database)}.{InfluxQl.Name(shard.Policy)}./.*/";
        var rows = await api.QueryAsync(
            $"SELECT *::field FROM {source} WHERE {InfluxQl.Times(future)} LIMIT 1", cancellation).ConfigureAwait(false);
        return rows.Count > 0 ? window : window with { Last = now };
    }
}
