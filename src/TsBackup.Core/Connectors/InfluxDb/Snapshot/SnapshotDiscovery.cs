using System.Globalization;
using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>
/// Finds the snapshot port of a server: the one that <c>?snapshot=host:port</c> names, none with <c>?snapshot=off</c>, else port 8088
/// of the same host when it answers and knows the same shards as the HTTP interface.
/// </summary>
internal static class SnapshotDiscovery
{
    private const int DefaultPort = 8088;

    /// <summary>The port; null when there is none or none is wanted.</summary>
    /// <exception cref="TsBackupException">StoreUriInvalid; when the port is named: StoreUnreachable, StoreReplyInvalid.</exception>
    public static async Task<SnapshotPort?> FindAsync(
        StoreAddress address, InfluxApi api, ConnectorOptions options, CancellationToken cancellation)
    {
        var option = address.Option("snapshot");
        if (option == "off")
            return null;
        var port = option is null ? new SnapshotPort(address.Host, DefaultPort, options) : Parse(option, address, options);
        try
        {
            var meta = await port.ReadMetaAsync(cancellation).ConfigureAwait(false);
            if (!await IsSameServerAsync(meta, api, cancellation).ConfigureAwait(false))
            {
                throw new TsBackupException(
                    ErrorId.StoreReplyInvalid,
                    $"The snapshot port {port.Target} belongs to another server than {api.Target}.",
                    port.Target,
                    "Name the right port with ?snapshot=host:port, or turn it off with ?snapshot=off.");
            }
        }
        catch (TsBackupException error) when (option is null)
        {
            options.Log?.Invoke($"Reading over HTTP: {error.Message}");
            return null;
        }
        if (!port.IsLoopback)
        {
            options.Warn?.Invoke(
                $"The snapshot port {port.Target} is not on this machine: it knows neither passwords nor TLS, and whoever reaches it can read and "
                + "overwrite every database. Keep it behind a tunnel.");
        }
        return port;
    }

    private static async Task<bool> IsSameServerAsync(MetaData meta, InfluxApi api, CancellationToken cancellation)
    {
        var there = meta.Find(api.Database)?.Policies
            .SelectMany(policy => policy.ShardGroups.Where(group => !group.IsDeleted && group.Shards.Count > 0)
                .Select(group => ((long)group.Id, policy.Name, group.Window.First)))
            .ToHashSet();
        var here = (await InfluxShardGroup.ReadAllAsync(api, cancellation).ConfigureAwait(false))
            .Select(group => (group.Id, group.Policy, group.Window.First)).ToHashSet();

        // Between the two replies a group may have been added.
        return there is not null && (here.IsSubsetOf(there) || there.IsSubsetOf(here)) && (there.Count == 0) == (here.Count == 0);
    }

    private static SnapshotPort Parse(string option, StoreAddress address, ConnectorOptions options)
    {
        var colon = option.LastIndexOf(':');
        var isWhole = colon > 0 && option.IndexOf(']', StringComparison.Ordinal) < colon;
        if (isWhole && ushort.TryParse(option.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return new SnapshotPort(option[..colon], port, options);
        throw new TsBackupException(
            ErrorId.StoreUriInvalid, $"'{option}' is not an address of a snapshot port.", address.ToString(), "Write ?snapshot=host:8088 or ?snapshot=off.");
    }
}
