using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;

namespace TsBackup.Connectors.Tablestore;

/// <summary>Makes time-series tables ready to take points: without time to live, with attributes that may be changed.</summary>
internal sealed class SeriesPreparer(TablestoreClient client, TableDirectory directory)
{
    /// <summary>Prepares a table.</summary>
    public async Task<PreparedTable> PrepareAsync(
        TableId id, DescribeTimeseriesTableResponse? definition, bool isScratch, CancellationToken cancellation)
    {
        if (await directory.FindSeriesAsync(id.Name, cancellation).ConfigureAwait(false) is not null)
            return new PreparedTable(id);
        var request = MakeRequest(id.Name, definition);
        var renamed = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!isScratch && definition is not null)
        {
            request.AnalyticalStores.AddRange(definition.AnalyticalStores);
            request.EnableAnalyticalStore = definition.AnalyticalStores.Count > 0 ? true : null;
            request.LastpointIndexes.AddRange(definition.LastpointIndexes);
        }
        try
        {
            await client.CallAsync<EmptyMessage>(OperationNames.CreateTimeseriesTable, request, id.Name, cancellation)
                .ConfigureAwait(false);
        }
        catch (TsBackupException e) when (e.Id == ErrorId.TargetExists && request.LastpointIndexes.Count > 0)
        {
            // Names of lastpoint indexes are names of tables: a copy within the instance needs others.
            foreach (var index in request.LastpointIndexes.Select(i => i.IndexTableName!))
                renamed[index] = $"{client.Endpoint.Full(id.Name)}_{index}";
            request.LastpointIndexes.Clear();
            request.LastpointIndexes.AddRange(renamed.Values.Select(n => new LastpointIndex { IndexTableName = n }));
            await client.CallAsync<EmptyMessage>(OperationNames.CreateTimeseriesTable, request, id.Name, cancellation)
                .ConfigureAwait(false);
        }
        return new PreparedTable(id) { IsNew = true, RenamedIndexes = renamed };
    }

    private CreateTimeseriesTableRequest MakeRequest(string name, DescribeTimeseriesTableResponse? definition)
    {
        var meta = new TimeseriesTableMeta
        {
            TableName = client.Endpoint.Full(name),
            Options = new TimeseriesTableOptions { TimeToLive = -1 },
            MetaOptions = new TimeseriesMetaOptions { AllowUpdateAttributes = true, MetaTimeToLive = -1 },
            DisableHashPartitionKey = definition?.Meta!.DisableHashPartitionKey,
            DisableMetaIndex = definition?.Meta!.DisableMetaIndex,
        };
        meta.SeriesKeys.AddRange(definition?.Meta!.SeriesKeys ?? []);
        meta.FieldPrimaryKeys.AddRange(definition?.Meta!.FieldPrimaryKeys ?? []);
        return new CreateTimeseriesTableRequest { Meta = meta };
    }
}
