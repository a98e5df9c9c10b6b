using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>Looks for the snapshot port once and decides what goes through it.</summary>
internal sealed class SnapshotAccess(
    StoreAddress address, InfluxApi api, InfluxCatalogReader catalogs, InfluxPlanner planner, ConnectorOptions options)
{
    private readonly SemaphoreSlim _once = new(1);
    private readonly Dictionary<string, int> _tableCounts = new(StringComparer.Ordinal);
    private SnapshotReader? _reader;
    private bool _searched;

    /// <summary>False when the user turned it off.</summary>
    public bool IsWanted => address.Option("snapshot") != "off";

    /// <summary>The native reader; null when there is no port to read from.</summary>
    public async Task<SnapshotReader?> FindAsync(CancellationToken cancellation)
    {
        if (_searched || !IsWanted)
            return _reader;
        await _once.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!_searched)
            {
                var port = await SnapshotDiscovery.FindAsync(address, api, options, cancellation).ConfigureAwait(false);
                _reader = port is null ? null : new SnapshotReader(port, api, planner, options);
                _searched = true;
            }
            return _reader;
        }
        finally
        {
            _once.Release();
        }
    }

    /// <summary>
    /// The native reader when the group is to go through it: planned so, or slices of a version that are most of what their shard
    /// holds. A few tables out of many are asked for over HTTP, which does not fetch the others.
    /// </summary>
    public async Task<IShardReader?> ReaderOfAsync(SliceGroup group, CancellationToken cancellation)
    {
        if (group.Token is InfluxGroupToken || await FindAsync(cancellation).ConfigureAwait(false) is not { } reader)
            return null;
        if (group.Token is SnapshotToken || group.Slices.Count == 0)
            return reader;
        var policy = group.Slices[0].Table.Group;
        await _once.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!_tableCounts.TryGetValue(policy, out var count))
                _tableCounts[policy] = count = (await catalogs.TablesAsync(policy, cancellation).ConfigureAwait(false)).Count;
            return group.Slices.Select(slice => slice.Table).Distinct().Count() * 4 >= count ? reader : null;
        }
        finally
        {
            _once.Release();
        }
    }

    /// <summary>Adds to a catalog what HTTP does not show: the password hashes.</summary>
    public async Task<Catalog> CompleteAsync(Catalog catalog, CancellationToken cancellation)
    {
        if (await FindAsync(cancellation).ConfigureAwait(false) is not { } reader)
            return catalog;
        var meta = await reader.Port.ReadMetaAsync(cancellation).ConfigureAwait(false);
        var users = meta.Users.Select(user => MetaDocuments.User(api.Database, user)).OfType<SettingsDocument>();
        return catalog with { Settings = [.. catalog.Settings.Where(document => document.Kind != InfluxSettingsReader.User), .. users] };
    }
}
