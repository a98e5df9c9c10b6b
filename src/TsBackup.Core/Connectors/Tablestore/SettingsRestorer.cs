using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// Sets the options of loaded tables and brings indexes back, in the order that the service demands: options and stream in one
/// UpdateTable (it is allowed every two minutes only), then secondary indexes, then search indexes. Every document is reported.
/// </summary>
internal sealed class SettingsRestorer(TablestoreClient client, ConnectorOptions options)
{
    private const string Existed = "The table was there before and keeps its own.";
    private const string Drill = "Left out in a drill.";
    private readonly List<SettingOutcome> _outcomes = [];

    /// <summary>Completes all tables.</summary>
    public async Task<IReadOnlyList<SettingOutcome>> CompleteAsync(
        RestoreTarget target, IReadOnlyDictionary<TableId, PreparedTable> tables, CancellationToken cancellation)
    {
        foreach (var table in tables.Values)
        {
            var documents = target.Catalog.Settings.Where(d => d.Table == table.Id).ToList();
            if (TableColumns.IsTimeseries(table.Id))
                await CompleteSeriesAsync(table, documents, target.IsScratch, cancellation).ConfigureAwait(false);
            else
                await CompleteWideAsync(table, documents, target.IsScratch, cancellation).ConfigureAwait(false);
        }
        return _outcomes;
    }

    private async Task CompleteWideAsync(
        PreparedTable table, List<SettingsDocument> documents, bool isScratch, CancellationToken cancellation)
    {
        var stream = documents.Find(d => d.Kind == SettingsKinds.Stream);
        var problem = await UpdateAsync(table, isScratch ? null : stream, cancellation).ConfigureAwait(false);
        foreach (var document in documents.OrderBy(d => Rank(d.Kind)))
        {
            switch (document.Kind)
            {
                case SettingsKinds.Table:
                    Report(document, table.IsNew && table.Remark.Length == 0, table.IsNew ? Join(table.Remark, document.Remark) : Existed);
                    break;
                case SettingsKinds.SecondaryIndex or SettingsKinds.SearchIndex when isScratch:
                    Report(document, false, Drill);
                    break;
                case SettingsKinds.SecondaryIndex:
                    await AddIndexAsync(table, document, cancellation).ConfigureAwait(false);
                    break;
                case SettingsKinds.SearchIndex:
                    await AddSearchIndexAsync(table, document, cancellation).ConfigureAwait(false);
                    break;
                default:
                    ReportOption(table, document, isScratch, problem);
                    break;
            }
        }
    }

    private void ReportOption(PreparedTable table, SettingsDocument document, bool isScratch, string problem)
    {
        if (isScratch || !table.IsNew)
            Report(document, false, isScratch ? Drill : Existed);
        else if (problem.Length > 0 && document.Kind != SettingsKinds.Encryption)
            Report(document, false, problem);
        else if (document.Kind == SettingsKinds.TableOptions && table.FinalOptions?.TimeToLive is > 0 and var ttl)
            Report(document, true, $"Cells whose version is older than {ttl} s disappear.");
        else
            Report(document, true, document.Remark);
    }

    private async Task<string> UpdateAsync(PreparedTable table, SettingsDocument? stream, CancellationToken cancellation)
    {
        var request = new UpdateTableRequest { TableName = table.Wide!.Table };
        if (table.FinalOptions is { } final)
        {
            request.Options = new TableOptions
            {
                TimeToLive = final.TimeToLive,
                MaxVersions = final.MaxVersions,
                MaxVersionOffset = final.MaxVersionOffset,
                AllowUpdate = final.AllowUpdate,
                UpdateFullRow = final.UpdateFullRow,
            };
        }
        if (stream is not null && table.IsNew)
        {
            var details = SettingsDocuments.Parse<StreamDetails>(stream);
            request.Stream = new StreamSpecification { Enable = details.Enable, ExpirationHours = details.ExpirationHours };
            request.Stream.Columns.AddRange(details.Columns);
        }
        if (request.Options is null && request.Stream is null)
            return "";
        try
        {
            await client.CallAsync<UpdateTableResponse>(OperationNames.UpdateTable, request, table.Id.Name, cancellation, canRepeat: true)
                .ConfigureAwait(false);
            return "";
        }
        catch (TsBackupException e)
        {
            options.Warn?.Invoke($"The options of table '{table.Id}' are still those of the load: {e.Message}");
            return e.Message;
        }
    }

    private async Task AddIndexAsync(PreparedTable table, SettingsDocument document, CancellationToken cancellation)
    {
        var index = SettingsDocuments.Parse<IndexMeta>(document);
        index.SyncPhase = null;
        index.Name = client.Endpoint.Full(index.Name!);
        var request = new CreateIndexRequest { TableName = table.Wide!.Table, Index = index, IncludeBaseData = true };
        var problem = await TryAsync(OperationNames.CreateIndex, request, table, cancellation).ConfigureAwait(false);
        if (problem is { Id: ErrorId.TargetExists })
        {
            if (!table.IsNew && await HasIndexAsync(table, index.Name, cancellation).ConfigureAwait(false))
            {
                Report(document, true, "It was there before.");
                return;
            }
            // Index names are names of tables: a copy within the instance needs another.
            index.Name = $"{table.Wide.Table}_{document.Name}";
            problem = await TryAsync(OperationNames.CreateIndex, request, table, cancellation).ConfigureAwait(false);
            if (problem is null)
            {
                Report(document, false, $"Its name was taken; it was made as '{index.Name}'.");
                return;
            }
        }
        Report(document, problem is null, problem?.Message ?? document.Remark);
    }

    private async Task AddSearchIndexAsync(PreparedTable table, SettingsDocument document, CancellationToken cancellation)
    {
        var index = SettingsDocuments.Parse<DescribeSearchIndexResponse>(document);
        var request = new CreateSearchIndexRequest
        {
            TableName = table.Wide!.Table,
            IndexName = document.Name,
            Schema = index.Schema,
            TimeToLive = index.TimeToLive,
        };
        var problem = await TryAsync(OperationNames.CreateSearchIndex, request, table, cancellation).ConfigureAwait(false);
        if (problem is { Id: ErrorId.TargetExists } && !table.IsNew)
            Report(document, true, "It was there before.");
        else
            Report(document, problem is null, problem?.Message ?? document.Remark);
    }

    private async Task<bool> HasIndexAsync(PreparedTable table, string index, CancellationToken cancellation)
    {
        var request = new TableNameRequest { TableName = table.Wide!.Table };
        var description = await client.CallAsync<DescribeTableResponse>(OperationNames.DescribeTable, request, table.Id.Name, cancellation)
            .ConfigureAwait(false);
        return description.Indexes.Exists(i => i.Name == index);
    }

    private async Task CompleteSeriesAsync(
        PreparedTable table, List<SettingsDocument> documents, bool isScratch, CancellationToken cancellation)
    {
        foreach (var document in documents)
        {
            if (isScratch && document.Kind != SettingsKinds.TimeseriesTable)
                Report(document, false, Drill);
            else if (!table.IsNew)
                Report(document, false, Existed);
            else if (document.Kind == SettingsKinds.TimeseriesOptions)
                await SetSeriesOptionsAsync(table, document, cancellation).ConfigureAwait(false);
            else if (table.RenamedIndexes.TryGetValue(document.Name, out var other) && document.Kind == SettingsKinds.LastpointIndex)
                Report(document, false, $"Its name was taken; it was made as '{other}'.");
            else
                Report(document, true, document.Remark);
        }
    }

    private async Task SetSeriesOptionsAsync(PreparedTable table, SettingsDocument document, CancellationToken cancellation)
    {
        var meta = SettingsDocuments.Parse<TimeseriesTableMeta>(document);
        var request = new UpdateTimeseriesTableRequest
        {
            TableName = client.Endpoint.Full(table.Id.Name),
            Options = meta.Options,
            MetaOptions = meta.MetaOptions,
        };
        var problem = await TryAsync(OperationNames.UpdateTimeseriesTable, request, table, cancellation).ConfigureAwait(false);
        var remark = meta.Options?.TimeToLive is > 0 and var ttl ? $"Points older than {ttl} s disappear." : "";
        Report(document, problem is null, problem?.Message ?? remark);
    }

    private async Task<TsBackupException?> TryAsync(
        string operation, Message request, PreparedTable table, CancellationToken cancellation)
    {
        try
        {
            await client.CallAsync<EmptyMessage>(operation, request, table.Id.Name, cancellation).ConfigureAwait(false);
            return null;
        }
        catch (TsBackupException e)
        {
            return e;
        }
    }

    private void Report(SettingsDocument document, bool restored, string remark) =>
        _outcomes.Add(new SettingOutcome(document.Kind, document.Name, restored, remark));

    private static string Join(string first, string second) => string.Join(' ', new[] { first, second }.Where(s => s.Length > 0));

    private static int Rank(string kind) => kind switch
    {
        SettingsKinds.SecondaryIndex => 1,
        SettingsKinds.SearchIndex => 2,
        _ => 0,
    };
}
