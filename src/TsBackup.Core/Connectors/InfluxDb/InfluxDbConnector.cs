using System.Runtime.CompilerServices;
using TsBackup.Connectors.InfluxDb.Snapshot;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>
/// InfluxDB 1.x. Addresses: <c>influxdb://[user:password@]host[:8086]/database</c>, <c>influxdb+https://…</c>. Everything can go over
/// the HTTP interface. Reading needs the READ privilege; settings other than retention policies, and restoring, need all privileges.
/// Where the server's snapshot port answers (8088 of the same host, or <c>?snapshot=host:port</c>; <c>?snapshot=off</c> turns it
/// off), whole shards are read from it, and restored as files into retention policies that hold nothing yet; with
/// <c>?restore=lines</c> everything is restored as line protocol.
/// </summary>
public sealed class InfluxDbConnector : IConnector
{
    private const string ScratchPrefix = "tsbackup_drill_";
    private readonly ConnectorOptions _options;
    private readonly InfluxApi _api;
    private readonly InfluxCatalogReader _catalog;
    private readonly InfluxPlanner _planner;
    private readonly SnapshotAccess _native;

    /// <summary>Makes a connector; does not connect.</summary>
    /// <exception cref="TsBackupException">
    /// StoreUriInvalid when the address names no database; CapabilityMissing for <c>_internal</c>.
    /// </exception>
    public InfluxDbConnector(StoreAddress address, ConnectorOptions options)
    {
        InfluxAddress.Check(address);
        Address = address;
        _options = options;
        _api = new InfluxApi(address, options);
        _catalog = new InfluxCatalogReader(_api);
        _planner = new InfluxPlanner(_api, options);
        _native = new SnapshotAccess(address, _api, _catalog, _planner, options);
        Capabilities = new StoreCapabilities
        {
            Scratch = true,
            Deletes = true,
            NativeSnapshot = _native.IsWanted,
            Fingerprints = _native.IsWanted,
            SettingsKinds =
            [
                InfluxRetentionPolicy.Kind,
                InfluxSettingsReader.ContinuousQuery,
                InfluxSettingsReader.Subscription,
                InfluxSettingsReader.User,
            ],
            WholeStoreKinds = [InfluxSettingsReader.ContinuousQuery, InfluxSettingsReader.Subscription, InfluxSettingsReader.User],
        };
    }

    /// <summary>The line of the connector catalog.</summary>
    public static ConnectorInfo Info { get; } = new(
        "InfluxDB",
        ["influxdb", "influxdb+https"],
        "influxdb://host:8086/telemetry",
        static (address, options) => new InfluxDbConnector(address, options));

    /// <inheritdoc/>
    public StoreAddress Address { get; }

    /// <inheritdoc/>
    public StoreCapabilities Capabilities { get; }

    /// <inheritdoc/>
    public async Task<Catalog> DescribeAsync(CancellationToken cancellation)
    {
        var catalog = await _catalog.ReadAsync(cancellation).ConfigureAwait(false);
        return await _native.CompleteAsync(catalog, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SliceGroup>> PlanAsync(Catalog catalog, Scope scope, CancellationToken cancellation) =>
        await _native.FindAsync(cancellation).ConfigureAwait(false) is { } native
            ? await native.PlanAsync(catalog, scope, cancellation).ConfigureAwait(false)
            : await _planner.PlanAsync(catalog, scope, cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<bool> IsUnchangedAsync(SliceGroup group, string fingerprint, CancellationToken cancellation) =>
        group.Fingerprint == fingerprint
        || (group.Fingerprint is { } now
            && await _native.FindAsync(cancellation).ConfigureAwait(false) is { } native
            && await native.IsUnchangedAsync(now, fingerprint, cancellation).ConfigureAwait(false));

    /// <inheritdoc/>
    public async IAsyncEnumerable<SliceEvent> ReadAsync(SliceGroup group, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var reader = await _native.ReaderOfAsync(group, cancellation).ConfigureAwait(false) ?? new InfluxQueryReader(_api, _options);
        await foreach (var step in reader.ReadAsync(group, cancellation).ConfigureAwait(false))
            yield return step;
    }

    /// <inheritdoc/>
    public Task<bool> HasRowsAsync(TableId table, TimeRange range, CancellationToken cancellation) =>
        new InfluxDeleter(_api, _catalog).HasRowsAsync(table, range, cancellation);

    /// <inheritdoc/>
    public Task DeleteRowsAsync(TableId table, TimeRange range, CancellationToken cancellation) =>
        DeleteRowsAsync([table], range, cancellation);

    /// <inheritdoc/>
    public Task DeleteRowsAsync(IReadOnlyList<TableId> tables, TimeRange range, CancellationToken cancellation) =>
        new InfluxDeleter(_api, _catalog).DeleteRowsAsync(tables, range, cancellation);

    /// <inheritdoc/>
    public Task CheckDeleteAsync(IReadOnlyList<TableId> tables, TimeRange range, CancellationToken cancellation) =>
        new InfluxDeleter(_api, _catalog).CheckAsync(tables, range, cancellation);

    /// <inheritdoc/>
    public async Task<IStoreWriter> OpenWriterAsync(RestoreTarget target, CancellationToken cancellation)
    {
        var prepared = await InfluxTarget.PrepareAsync(_api, _catalog, _options, target, cancellation).ConfigureAwait(false);
        return await _native.WriterAsync(prepared, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public StoreAddress ScratchAddress(string name) => Address.WithPath(ScratchPrefix + name);

    /// <inheritdoc/>
    public async Task DropScratchAsync(CancellationToken cancellation)
    {
        if (!Address.Path.StartsWith(ScratchPrefix, StringComparison.Ordinal))
        {
            throw new TsBackupException(
                ErrorId.CapabilityMissing, $"{Address} is not a scratch store and is not dropped.", Address.ToString());
        }
        await _api.QueryAsync($"DROP DATABASE {InfluxQl.Name(Address.Path)}", cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _api.Dispose();
        return ValueTask.CompletedTask;
    }
}
