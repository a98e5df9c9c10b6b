using System.Runtime.CompilerServices;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// Reads a time-series table: its points split by split, page by page with tokens, and the attributes of its series.
/// </summary>
internal sealed class TimeseriesReader(TablestoreClient client, ConnectorOptions options)
{
    private const int PageRows = 5000;
    private const int MetaPage = 1000;
    private const long TableVersion = 1;

    /// <summary>What a step of reading gave.</summary>
    private sealed record Step<T>(T? Value, TsBackupException? Error)
        where T : class;

    /// <summary>Reads a slice: batches, then one end or failure.</summary>
    public IAsyncEnumerable<SliceEvent> ReadAsync(Slice slice, CancellationToken cancellation) =>
        slice.Partition == TableColumns.AttributesPartition
            ? ReadAttributesAsync(slice, cancellation) : ReadPointsAsync(slice, cancellation);

    /// <summary>True when a point of the window is in the table.</summary>
    public async Task<bool> AnyAsync(TableId table, TimeRange window, CancellationToken cancellation)
    {
        var name = client.Endpoint.Full(table.Name);
        foreach (var split in await SplitsAsync(name, cancellation).ConfigureAwait(false))
        {
            ReadOnlyMemory<byte>? token = null;
            do
            {
                var page = await PageAsync(name, split, token, window, 1, cancellation).ConfigureAwait(false);
                if (new PlainBufferReader(page.Data!.Value).Read(new PlainRow()))
                    return true;
                token = Following(page.NextToken);
            }
            while (token is not null);
        }
        return false;
    }

    private async IAsyncEnumerable<SliceEvent> ReadPointsAsync(Slice slice, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var name = client.Endpoint.Full(slice.Table.Name);
        var splits = await TryAsync(() => SplitsAsync(name, cancellation), name).ConfigureAwait(false);
        var error = splits.Error;
        using var builder = new PointBatchBuilder();
        foreach (var split in splits.Value ?? [])
        {
            ReadOnlyMemory<byte>? token = null;
            do
            {
                var from = token;
                var page = await TryAsync(() => PageAsync(name, split, from, slice.Window, PageRows, cancellation), name)
                    .ConfigureAwait(false);
                error = page.Error ?? Append(builder, page.Value!, name);
                if (error is not null)
                    break;
                if (builder.IsFull)
                    yield return new SliceRows(slice, builder.Take());
                token = Following(page.Value!.NextToken);
            }
            while (token is not null);
            if (error is not null)
                break;
        }
        if (error is null && builder.RowCount > 0)
            yield return new SliceRows(slice, builder.Take());
        yield return error is null ? new SliceEnd(slice) : new SliceFailure(slice, error);
    }

    private async IAsyncEnumerable<SliceEvent> ReadAttributesAsync(Slice slice, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var name = client.Endpoint.Full(slice.Table.Name);
        using var builder = new PointBatchBuilder();
        ReadOnlyMemory<byte>? token = null;
        TsBackupException? error;
        do
        {
            var request = new QueryTimeseriesMetaRequest
            {
                TableName = name,
                Limit = MetaPage,
                Token = token,
                SupportedTableVersion = TableVersion,
            };
            var page = await TryAsync(
                () => client.CallAsync<QueryTimeseriesMetaResponse>(OperationNames.QueryTimeseriesMeta, request, name, cancellation), name)
                .ConfigureAwait(false);
            error = page.Error ?? Append(builder, page.Value!, name);
            if (error is null && builder.IsFull)
                yield return new SliceRows(slice, builder.Take());
            token = Following(page.Value?.NextToken);
        }
        while (error is null && token is not null);
        if (error is null && builder.RowCount > 0)
            yield return new SliceRows(slice, builder.Take());
        yield return error is null ? new SliceEnd(slice) : new SliceFailure(slice, error);
    }

    private async Task<List<ReadOnlyMemory<byte>>> SplitsAsync(string name, CancellationToken cancellation)
    {
        var request = new SplitTimeseriesScanRequest { TableName = name, SplitCountHint = Math.Max(1, options.Parallelism) };
        var reply = await client.CallAsync<SplitTimeseriesScanResponse>(
            OperationNames.SplitTimeseriesScanTask, request, name, cancellation).ConfigureAwait(false);
        return reply.Splits;
    }

    /// <summary>A page of points; one with a wrong checksum is asked for again before any of its points is taken.</summary>
    private async Task<ScanTimeseriesDataResponse> PageAsync(
        string name,
        ReadOnlyMemory<byte> split,
        ReadOnlyMemory<byte>? token,
        TimeRange window,
        int limit,
        CancellationToken cancellation)
    {
        var first = Math.Max(0, window.First);
        var request = new ScanTimeseriesDataRequest
        {
            TableName = name,
            Split = split,
            StartTime = (first / TableColumns.NanosPerMicro) + (first % TableColumns.NanosPerMicro == 0 ? 0 : 1),
            EndTime = window.Last < 0 ? 0 : (window.Last / TableColumns.NanosPerMicro) + 1,
            Limit = limit,
            Encoding = TimeseriesEncoding.PlainBuffer,
            Token = token,
            SupportedTableVersion = TableVersion,
        };
        var started = client.Now;
        for (var tries = 1; ; tries++)
        {
            var page = await client.CallAsync<ScanTimeseriesDataResponse>(OperationNames.ScanTimeseriesData, request, name, cancellation)
                .ConfigureAwait(false);
            if (Guard(name, () => Read(page, static _ => { })) is not { } damage)
                return page;
            if (client.Retry.PauseAfter(damage, tries, client.Now - started, canRepeat: true) is not { } pause)
                throw damage;
            await client.WaitAsync(damage.Message, pause, cancellation).ConfigureAwait(false);
        }
    }

    private TsBackupException? Append(PointBatchBuilder builder, ScanTimeseriesDataResponse page, string name) =>
        Guard(name, () => Read(page, builder.Add));

    private static void Read(ScanTimeseriesDataResponse page, Action<PlainRow> take)
    {
        if (page.Encoding != TimeseriesEncoding.PlainBuffer)
            throw TablestoreProtocolException.Malformed("The points came in another encoding than was asked for.");
        var reader = new PlainBufferReader(page.Data!.Value);
        var row = new PlainRow();
        while (reader.Read(row))
            take(row);
    }

    private TsBackupException? Append(PointBatchBuilder builder, QueryTimeseriesMetaResponse page, string name) =>
        Guard(name, () =>
        {
            foreach (var meta in page.Metas)
            {
                if (!string.IsNullOrEmpty(meta.Attributes) && meta.Attributes != "[]")
                    builder.Add(meta);
            }
        });

    private TsBackupException? Guard(string name, Action append)
    {
        try
        {
            append();
            return null;
        }
        catch (TablestoreProtocolException e)
        {
            return TablestoreErrors.From(e, $"A page of table '{name}'", client.Endpoint.Address);
        }
        catch (OverflowException)
        {
            return new TsBackupException(
                ErrorId.ColumnTypeUnsupported, $"Table '{name}' holds a time beyond the year 2262.", name);
        }
    }

    // An empty token ends the reading like none.
    private static ReadOnlyMemory<byte>? Following(ReadOnlyMemory<byte>? token) =>
        token is { Length: 0 } ? (ReadOnlyMemory<byte>?)null : token;

    private static async Task<Step<T>> TryAsync<T>(Func<Task<T>> call, string name)
        where T : class
    {
        try
        {
            return new Step<T>(await call().ConfigureAwait(false), null);
        }
        catch (TsBackupException e) when (e.Id == ErrorId.TableNotFound)
        {
            return new Step<T>(null, new TsBackupException(
                ErrorId.StoreChanged, $"Table '{name}' was dropped while it was read.", name, "Run the backup again.", e));
        }
        catch (TsBackupException e)
        {
            return new Step<T>(null, e);
        }
    }
}
