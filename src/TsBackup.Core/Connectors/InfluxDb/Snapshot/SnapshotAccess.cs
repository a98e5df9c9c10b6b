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

    /// <summary>
    /// The writer for a target: shard files where the port answers and retention policies hold nothing yet, else line protocol. Says
    /// which, and why.
    /// </summary>
    public async Task<IStoreWriter> WriterAsync(InfluxTarget target, CancellationToken cancellation)
    {
        var lines = new InfluxWriter(api, options, target);
        if (address.Option("restore") == "lines")
            return Lines(lines, "as it was asked for");
        if (!IsWanted)
            return Lines(lines, "as the snapshot port is turned off");

        // Before the restore made the database, the port could not be told from another server's.
        _searched &= _reader is not null;
        if (await FindAsync(cancellation).ConfigureAwait(false) is not { } reader)
            return Lines(lines, "as no snapshot port answers");
        var tables = target.Restore.Catalog.Tables;
        var whole = tables.Count(table => target.ShardDurationOf(table.Id.Group) > 0);
        if (whole == 0)
            return Lines(lines, "as its retention policies hold rows already or do not keep everything");
        options.Log?.Invoke(
            $"Restoring {(whole == tables.Count ? "" : $"{whole} of {tables.Count} tables ")}into {api.Target} as shard files through the snapshot port "
            + $"{reader.Port.Target}{(whole == tables.Count ? "." : ", the others by line protocol: their retention policies hold rows already.")}");
        return new SnapshotStoreWriter(api, reader.Port, options, target, lines);
    }

    private InfluxWriter Lines(InfluxWriter lines, string reason)
    {
        var message = $"Restoring into {api.Target} by line protocol, {reason}.";
        if (address.Option("restore") == "native")
            options.Warn?.Invoke(message);
        else
            options.Log?.Invoke(message);
        return lines;
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
