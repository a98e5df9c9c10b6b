using System.Runtime.CompilerServices;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// Alibaba Cloud Tablestore: wide-column and time-series tables of an instance. How they map: <see cref="TableColumns"/>.
/// </summary>
public sealed class TablestoreConnector : IConnector
{
    internal const string Name = "Tablestore";

    private const string ScratchMark = "tsbackup_scratch_";
    private readonly ConnectorOptions _options;
    private readonly TablestoreEndpoint _endpoint;
    private readonly TablestoreClient _client;
    private readonly TableDirectory _directory;

    /// <summary>Makes the connector; does not connect.</summary>
    /// <exception cref="TsBackupException">StoreUriInvalid; StoreCredentialRejected when the address has no access key.</exception>
    public TablestoreConnector(StoreAddress address, ConnectorOptions options)
    {
        _options = options;
        _endpoint = TablestoreEndpoint.From(address);
        _client = new TablestoreClient(_endpoint, options);
        _directory = new TableDirectory(_client);
    }

    /// <summary>The line of the connector catalog.</summary>
    public static ConnectorInfo Info { get; } = new(
        Name,
        [TablestoreEndpoint.SecureScheme, TablestoreEndpoint.PlainScheme],
        "tablestore+https://instance.cn-hangzhou.ots.aliyuncs.com/instance",
        static (address, options) => new TablestoreConnector(address, options));

    /// <inheritdoc/>
    public StoreAddress Address => _endpoint.Address;

    /// <inheritdoc/>
    public StoreCapabilities Capabilities { get; } = new()
    {
        Scratch = true,
        Deletes = true,
        SettingsKinds = SettingsKinds.All,
        PrecisionNanoseconds = TableColumns.NanosPerMicro,
    };

    /// <inheritdoc/>
    public Task<Catalog> DescribeAsync(CancellationToken cancellation) => new CatalogReader(_client, _directory).ReadAsync(cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<SliceGroup>> PlanAsync(Catalog catalog, Scope scope, CancellationToken cancellation) =>
        new TablestorePlanner(_client, _directory, _options).PlanAsync(catalog, scope, cancellation);

    /// <inheritdoc/>
    public async IAsyncEnumerable<SliceEvent> ReadAsync(SliceGroup group, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var slice in group.Slices)
        {
            if (group.Token is UnreadableToken unreadable)
            {
                yield return new SliceFailure(slice, unreadable.Reason);
                continue;
            }
            var events = TableColumns.IsTimeseries(slice.Table)
                ? new TimeseriesReader(_client, _options).ReadAsync(slice, cancellation)
                : new WideTableReader(_client, _directory).ReadAsync(slice, cancellation);
            await foreach (var step in events.ConfigureAwait(false))
                yield return step;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> IsUnchangedAsync(SliceGroup group, string fingerprint, CancellationToken cancellation) =>
        group is { Slices: [var slice], Token: not UnreadableToken } && !TableColumns.IsTimeseries(slice.Table)
        && await new SplitWatch(_client, _directory, _options).IsUnchangedAsync(slice, fingerprint, cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<bool> HasRowsAsync(TableId table, TimeRange range, CancellationToken cancellation)
    {
        if (!TableColumns.IsTimeseries(table))
            return await new WideTableReader(_client, _directory).AnyAsync(table, range, cancellation).ConfigureAwait(false);
        return await _directory.FindSeriesAsync(table.Name, cancellation).ConfigureAwait(false) is not null
            && await new TimeseriesReader(_client, _options).AnyAsync(table, range, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task DeleteRowsAsync(TableId table, TimeRange range, CancellationToken cancellation)
    {
        if (!TableColumns.IsTimeseries(table))
        {
            await new RowDeleter(_client, _directory, _options).DeleteAsync(table, range, cancellation).ConfigureAwait(false);
            return;
        }
        if (range != TimeRange.All)
        {
            throw new TsBackupException(
                ErrorId.CapabilityMissing,
                $"Points of time-series table '{table.Name}' cannot be deleted by time.",
                table.Name,
                "Restore without a time range, or under another name.");
        }
        await RemakeSeriesAsync(table, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IStoreWriter> OpenWriterAsync(RestoreTarget target, CancellationToken cancellation) =>
        await TablestoreWriter.OpenAsync(_client, _directory, _options, target, cancellation).ConfigureAwait(false);

    /// <inheritdoc/>
    public StoreAddress ScratchAddress(string name)
    {
        var clean = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return Address.WithPath($"{_endpoint.Instance}/{_endpoint.Prefix}{ScratchMark}{clean}_");
    }

    /// <inheritdoc/>
    public async Task DropScratchAsync(CancellationToken cancellation)
    {
        if (!_endpoint.Prefix.Contains(ScratchMark, StringComparison.Ordinal))
            throw new TsBackupException(
                ErrorId.CapabilityMissing, $"{Address} is not a scratch store and is not dropped.", Address.ToString());
        var series = await _directory.ListSeriesAsync(cancellation).ConfigureAwait(false);
        foreach (var table in series)
            await DeleteAsync(OperationNames.DeleteTimeseriesTable, table, cancellation).ConfigureAwait(false);
        foreach (var table in (await _directory.ListAsync(cancellation).ConfigureAwait(false)).Except(series, StringComparer.Ordinal))
            await DeleteAsync(OperationNames.DeleteTable, table, cancellation).ConfigureAwait(false);
        _directory.Clear();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task RemakeSeriesAsync(TableId table, CancellationToken cancellation)
    {
        if (await _directory.FindSeriesAsync(table.Name, cancellation).ConfigureAwait(false) is not { } definition)
            return;
        await DeleteAsync(OperationNames.DeleteTimeseriesTable, table.Name, cancellation).ConfigureAwait(false);
        definition.Meta!.Status = null;
        var request = new CreateTimeseriesTableRequest { Meta = definition.Meta };
        request.AnalyticalStores.AddRange(definition.AnalyticalStores);
        request.EnableAnalyticalStore = definition.AnalyticalStores.Count > 0 ? true : null;
        request.LastpointIndexes.AddRange(definition.LastpointIndexes);
        await CallAsync(OperationNames.CreateTimeseriesTable, request, table.Name, cancellation).ConfigureAwait(false);
    }

    private Task DeleteAsync(string operation, string table, CancellationToken cancellation) =>
        CallAsync(operation, new TableNameRequest { TableName = _endpoint.Full(table) }, table, cancellation);

    private Task CallAsync(string operation, Message request, string table, CancellationToken cancellation) =>
        _client.CallAsync<EmptyMessage>(operation, request, table, cancellation);
}
