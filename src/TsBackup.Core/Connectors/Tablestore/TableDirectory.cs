using System.Collections.Concurrent;
using TsBackup.Errors;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;

namespace TsBackup.Connectors.Tablestore;

/// <summary>A wide-column table as the service describes it.</summary>
/// <param name="Name">Its name within the store (without the prefix).</param>
/// <param name="Description">The description; null when it may not be read.</param>
/// <param name="SearchIndexes">Its search indexes by name.</param>
/// <param name="Denied">Why the description or the search indexes are missing; null when nothing is.</param>
internal sealed record WideTable(
    string Name,
    DescribeTableResponse? Description,
    IReadOnlyList<KeyValuePair<string, DescribeSearchIndexResponse>> SearchIndexes,
    TsBackupException? Denied);

/// <summary>A time-series table as the service describes it.</summary>
internal sealed record SeriesTable(string Name, DescribeTimeseriesTableResponse? Description, TsBackupException? Denied);

/// <summary>Looks up what tables there are and how they are defined, and remembers definitions.</summary>
internal sealed class TableDirectory(TablestoreClient client)
{
    private readonly ConcurrentDictionary<string, DescribeTableResponse> _known = new(StringComparer.Ordinal);

    private TablestoreEndpoint Endpoint => client.Endpoint;

    /// <summary>Forgets definitions.</summary>
    public void Clear() => _known.Clear();

    /// <summary>A table's definition, asked for once.</summary>
    /// <exception cref="TsBackupException">TableNotFound, StoreAccessDenied …</exception>
    public async Task<DescribeTableResponse> DescribeAsync(string table, CancellationToken cancellation)
    {
        if (_known.TryGetValue(table, out var known))
            return known;
        var request = new TableNameRequest { TableName = Endpoint.Full(table) };
        var description = await client.CallAsync<DescribeTableResponse>(OperationNames.DescribeTable, request, table, cancellation)
            .ConfigureAwait(false);
        return _known[table] = description;
    }

    /// <summary>A table's definition; null when there is no such table.</summary>
    public async Task<DescribeTableResponse?> FindAsync(string table, CancellationToken cancellation)
    {
        try
        {
            return await DescribeAsync(table, cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (e.Id == ErrorId.TableNotFound)
        {
            return null;
        }
    }

    /// <summary>A time-series table's definition; null when there is no such table.</summary>
    public async Task<DescribeTimeseriesTableResponse?> FindSeriesAsync(string table, CancellationToken cancellation)
    {
        try
        {
            var request = new TableNameRequest { TableName = Endpoint.Full(table) };
            return await client.CallAsync<DescribeTimeseriesTableResponse>(
                OperationNames.DescribeTimeseriesTable, request, table, cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (e.Id == ErrorId.TableNotFound)
        {
            return null;
        }
    }

    /// <summary>Names of the store's tables that are no time-series tables; secondary indexes may be among them.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellation)
    {
        var reply = await client.CallAsync<ListTableResponse>(OperationNames.ListTable, new EmptyMessage(), null, cancellation)
            .ConfigureAwait(false);
        return Own(reply.TableNames);
    }

    /// <summary>Names of the store's time-series tables.</summary>
    public async Task<IReadOnlyList<string>> ListSeriesAsync(CancellationToken cancellation)
    {
        var reply = await client.CallAsync<ListTimeseriesTableResponse>(
            OperationNames.ListTimeseriesTable, new EmptyMessage(), null, cancellation).ConfigureAwait(false);
        return Own(reply.Tables.Select(t => t.TableName!));
    }

    /// <summary>Describes the wide-column tables; one that may not be described carries the reason.</summary>
    public async Task<IReadOnlyList<WideTable>> DescribeAllAsync(IReadOnlyList<string> names, CancellationToken cancellation)
    {
        Clear();
        var tables = new List<WideTable>();
        var indexes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            try
            {
                var description = await DescribeAsync(name, cancellation).ConfigureAwait(false);
                indexes.UnionWith(description.Indexes.Select(i => i.Name!));
                tables.Add(await WithSearchIndexesAsync(name, description, cancellation).ConfigureAwait(false));
            }
            catch (TsBackupException e) when (e.Id is ErrorId.StoreAccessDenied)
            {
                tables.Add(new WideTable(name, null, [], e));
            }
            catch (TsBackupException e) when (e.Id is ErrorId.TableNotFound)
            {
                // It was dropped since the list was made, so it is no part of the store.
                continue;
            }
        }
        // A secondary index is listed like a table of its own.
        tables.RemoveAll(t => indexes.Contains(Endpoint.Full(t.Name)));
        return tables;
    }

    /// <summary>Describes the time-series tables.</summary>
    public async Task<IReadOnlyList<SeriesTable>> DescribeAllSeriesAsync(IReadOnlyList<string> names, CancellationToken cancellation)
    {
        var tables = new List<SeriesTable>();
        foreach (var name in names)
        {
            try
            {
                if (await FindSeriesAsync(name, cancellation).ConfigureAwait(false) is { } description)
                    tables.Add(new SeriesTable(name, description, null));
            }
            catch (TsBackupException e) when (e.Id is ErrorId.StoreAccessDenied)
            {
                tables.Add(new SeriesTable(name, null, e));
            }
        }
        return tables;
    }

    private async Task<WideTable> WithSearchIndexesAsync(string table, DescribeTableResponse description, CancellationToken cancellation)
    {
        try
        {
            return new WideTable(table, description, await SearchIndexesAsync(table, cancellation).ConfigureAwait(false), null);
        }
        catch (TsBackupException e) when (e.Id is ErrorId.StoreAccessDenied or ErrorId.CapabilityMissing)
        {
            // A key that may not see search indexes is no reason to do without the table's own settings.
            return new WideTable(table, description, [], e);
        }
    }

    private async Task<List<KeyValuePair<string, DescribeSearchIndexResponse>>> SearchIndexesAsync(
        string table, CancellationToken cancellation)
    {
        var found = new List<KeyValuePair<string, DescribeSearchIndexResponse>>();
        var request = new TableNameRequest { TableName = Endpoint.Full(table) };
        var list = await client.CallAsync<ListSearchIndexResponse>(OperationNames.ListSearchIndex, request, table, cancellation)
            .ConfigureAwait(false);
        foreach (var name in list.Indexes.Select(i => i.IndexName!))
        {
            var index = new TableIndexRequest { TableName = Endpoint.Full(table), IndexName = name };
            found.Add(new(name, await client.CallAsync<DescribeSearchIndexResponse>(
                OperationNames.DescribeSearchIndex, index, table, cancellation).ConfigureAwait(false)));
        }
        return found;
    }

    private List<string> Own(IEnumerable<string> names) =>
    [
        .. names
            .Where(n => n.StartsWith(Endpoint.Prefix, StringComparison.Ordinal))
            .Select(n => n[Endpoint.Prefix.Length..])
            .Order(StringComparer.Ordinal),
    ];
}
