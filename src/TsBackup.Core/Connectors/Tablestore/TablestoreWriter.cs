using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Connectors.Tablestore;

/// <summary>Restores into an instance: tables made ready on opening, rows in groups, options and indexes on completing.</summary>
internal sealed class TablestoreWriter : IStoreWriter
{
    private readonly TablestoreClient _client;
    private readonly TableDirectory _directory;
    private readonly ConnectorOptions _options;
    private readonly RestoreTarget _target;
    private readonly Dictionary<TableId, PreparedTable> _tables = [];

    private TablestoreWriter(TablestoreClient client, TableDirectory directory, ConnectorOptions options, RestoreTarget target)
    {
        _client = client;
        _directory = directory;
        _options = options;
        _target = target;
    }

    /// <summary>Makes the tables ready.</summary>
    public static async Task<TablestoreWriter> OpenAsync(
        TablestoreClient client, TableDirectory directory, ConnectorOptions options, RestoreTarget target, CancellationToken cancellation)
    {
        var writer = new TablestoreWriter(client, directory, options, target);
        var wide = new TargetPreparer(client, directory, options);
        var series = new SeriesPreparer(client, directory);
        foreach (var table in target.Catalog.Tables)
        {
            // A table that could not be described has no rows in the backup either; the version names it.
            if (table.Columns.Count == 0)
            {
                options.Log?.Invoke($"Table '{table.Id}' is left out: the backup does not know its definition.");
                continue;
            }
            writer._tables[table.Id] = TableColumns.IsTimeseries(table.Id)
                ? await series.PrepareAsync(
                    table.Id,
                    writer.Definition<DescribeTimeseriesTableResponse>(SettingsKinds.TimeseriesTable, table.Id),
                    target.IsScratch,
                    cancellation)
                    .ConfigureAwait(false)
                : await wide.PrepareAsync(
                    table, writer.Definition<DescribeTableResponse>(SettingsKinds.Table, table.Id), target.IsScratch, cancellation)
                    .ConfigureAwait(false);
        }
        directory.Clear();
        return writer;
    }

    /// <inheritdoc/>
    public async Task<WriteOutcome> WriteAsync(SliceGroup group, IAsyncEnumerable<SliceEvent> rows, CancellationToken cancellation)
    {
        var ledger = new WriteLedger();
        var open = new Dictionary<Slice, (RowAssembler Assembler, RowSender Sender)>();
        try
        {
            await foreach (var step in rows.WithCancellation(cancellation).ConfigureAwait(false))
            {
                if (step is SliceRows(var slice, var batch))
                {
                    using (batch)
                        await WriteAsync(slice, batch, open, ledger, cancellation).ConfigureAwait(false);
                }
                else
                {
                    await FinishAsync(step.Slice, open, cancellation).ConfigureAwait(false);
                }
            }
            foreach (var slice in open.Keys.ToArray())
                await FinishAsync(slice, open, cancellation).ConfigureAwait(false);
        }
        finally
        {
            foreach (var (_, sender) in open.Values)
                sender.Dispose();
        }
        return ledger.ToOutcome();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SettingOutcome>> CompleteAsync(CancellationToken cancellation)
    {
        var outcomes = await new SettingsRestorer(_client, _options).CompleteAsync(_target, _tables, cancellation).ConfigureAwait(false);
        _directory.Clear();
        return outcomes;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task WriteAsync(
        Slice slice,
        Batch batch,
        Dictionary<Slice, (RowAssembler Assembler, RowSender Sender)> open,
        WriteLedger ledger,
        CancellationToken cancellation)
    {
        var table = _tables.GetValueOrDefault(slice.Table) ?? throw new TsBackupException(
            ErrorId.TableNotFound, $"Table '{slice.Table}' is not among the tables to be restored.", slice.Table.ToString());
        if (table.Wide is not { } target)
        {
            var points = new PointSender(_client, _client.Endpoint.Full(slice.Table.Name), ledger, _options);
            await points.WriteAsync(slice, batch, cancellation).ConfigureAwait(false);
            return;
        }
        if (!open.TryGetValue(slice, out var pair))
            open.Add(slice, pair = (new RowAssembler(target, slice, ledger), new RowSender(_client, target, ledger, _options)));
        foreach (var part in pair.Assembler.Add(batch))
            await pair.Sender.AddAsync(part, cancellation).ConfigureAwait(false);
    }

    private static async Task FinishAsync(
        Slice slice, Dictionary<Slice, (RowAssembler Assembler, RowSender Sender)> open, CancellationToken cancellation)
    {
        if (!open.TryGetValue(slice, out var pair))
            return;
        if (pair.Assembler.Finish() is { } last)
            await pair.Sender.AddAsync(last, cancellation).ConfigureAwait(false);
        await pair.Sender.DrainAsync(cancellation).ConfigureAwait(false);
        open.Remove(slice);
        pair.Sender.Dispose();
    }

    private T? Definition<T>(string kind, TableId table)
        where T : Message, new()
    {
        var document = _target.Catalog.Settings.FirstOrDefault(d => d.Kind == kind && d.Table == table);
        return document is null ? null : SettingsDocuments.Parse<T>(document);
    }
}
