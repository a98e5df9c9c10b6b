using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// Reads a key range of a wide-column table, page by page from the last primary key on; the next page is on its way while one is
/// decoded. Columns are never named, so that rows without cells come too, and all versions that the table keeps are asked for.
/// </summary>
internal sealed class WideTableReader(TablestoreClient client, TableDirectory directory)
{
    private const int KeysPerLookup = 100;

    /// <summary>A page and the errors that end the slice.</summary>
    private sealed record Page(GetRangeResponse? Reply, TsBackupException? Error);

    /// <summary>Reads a slice: batches, then one end or failure.</summary>
    public async IAsyncEnumerable<SliceEvent> ReadAsync(
        Slice slice, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var (scan, error) = await OpenAsync(slice, cancellation).ConfigureAwait(false);
        if (scan is null)
        {
            yield return new SliceFailure(slice, error!);
            yield break;
        }
        var builder = new CellBatchBuilder(scan.Keys);
        var next = FetchAsync(scan, scan.Request, cancellation);
        try
        {
            while (next is not null)
            {
                var page = await next.ConfigureAwait(false);
                next = page.Reply is { NextStart.Length: > 0 } more ? FetchAsync(scan, scan.From(more.NextStart.Value), cancellation) : null;
                error = page.Error;
                await foreach (var batch in DecodeAsync(scan, page, builder, e => error = e, cancellation).ConfigureAwait(false))
                    yield return new SliceRows(slice, batch);
                if (error is not null)
                    break;
            }
            if (error is null && builder.RowCount > 0)
                yield return new SliceRows(slice, builder.Take());
        }
        finally
        {
            builder.Discard();
            if (next is not null)
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        yield return error is null ? new SliceEnd(slice) : new SliceFailure(slice, error);
    }

    /// <summary>True when a row of the window is in the table.</summary>
    public async Task<bool> AnyAsync(TableId table, TimeRange window, CancellationToken cancellation)
    {
        await foreach (var step in ReadAsync(new Slice(table, window), cancellation).ConfigureAwait(false))
        {
            switch (step)
            {
                case SliceRows rows:
                    rows.Batch.Dispose();
                    return true;
                case SliceFailure { Error.Id: ErrorId.TableNotFound }:
                    return false;
                case SliceFailure failure:
                    throw failure.Error;
            }
        }
        return false;
    }

    private async Task<(WideScan? Scan, TsBackupException? Error)> OpenAsync(Slice slice, CancellationToken cancellation)
    {
        try
        {
            var description = await directory.DescribeAsync(slice.Table.Name, cancellation).ConfigureAwait(false);
            return (new WideScan(client.Endpoint.Full(slice.Table.Name), slice, description), null);
        }
        catch (TsBackupException e)
        {
            return (null, e);
        }
    }

    private async Task<Page> FetchAsync(WideScan scan, GetRangeRequest request, CancellationToken cancellation)
    {
        try
        {
            var reply = await client.CallAsync<GetRangeResponse>(OperationNames.GetRange, request, scan.Table, cancellation).ConfigureAwait(false);
            var isCut = reply.NextToken is { Length: > 0 } || reply.BlockType is not (null or DataBlockType.PlainBuffer);
            return isCut
                ? new Page(null, new TsBackupException(
                    ErrorId.StoreReplyPartial, $"A page of table '{scan.Table}' ends within a row, which cannot be read on.", scan.Table))
                : new Page(reply, null);
        }
        catch (TsBackupException e) when (e.Id == ErrorId.TableNotFound)
        {
            directory.Clear();
            return new Page(null, Changed(scan, "was dropped while it was read", e));
        }
        catch (TsBackupException e)
        {
            return new Page(null, e);
        }
    }

    private async IAsyncEnumerable<Batch> DecodeAsync(
        WideScan scan,
        Page page,
        CellBatchBuilder builder,
        Action<TsBackupException> fail,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        if (page.Reply is null)
            yield break;
        var empties = new List<PlainRow>();
        var row = new PlainRow();
        var reader = default(PlainBufferReader);
        var isOpen = false;
        while (true)
        {
            try
            {
                if (!isOpen)
                    reader = new PlainBufferReader(page.Reply.Rows!.Value);
                isOpen = true;
                if (!reader.Read(row))
                    break;
                scan.Check(row);
                if (row.Cells.Count > 0)
                    builder.Add(row);
                else if (scan.TakesEmptyRows)
                    empties.Add(scan.KeyOf(row));
            }
            catch (Exception e) when (e is TablestoreProtocolException or OverflowException or TsBackupException)
            {
                fail(ErrorOf(scan, e));
                yield break;
            }
            if (builder.IsFull)
                yield return builder.Take();
        }
        TsBackupException? error = null;
        try
        {
            await AddEmptiesAsync(scan, empties, builder, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TablestoreProtocolException or TsBackupException)
        {
            error = ErrorOf(scan, e);
        }
        if (error is not null)
            fail(error);
    }

    /// <summary>
    /// Rows that show no cell may have none, or only cells that are newer than the cut; the latter belong to the next backup.
    /// </summary>
    private async Task AddEmptiesAsync(WideScan scan, List<PlainRow> rows, CellBatchBuilder builder, CancellationToken cancellation)
    {
        foreach (var chunk in rows.Chunk(KeysPerLookup))
        {
            if (!scan.HasTimeRange)
            {
                foreach (var row in chunk)
                    builder.AddEmpty(row);
                continue;
            }
            var lookup = new TableInBatchGet { TableName = scan.Table, MaxVersions = 1 };
            lookup.PrimaryKeys.AddRange(chunk.Select(scan.ToBlob));
            var request = new BatchGetRowRequest();
            request.Tables.Add(lookup);
            var reply = await client.CallAsync<BatchResponse>(OperationNames.BatchGetRow, request, scan.Table, cancellation).ConfigureAwait(false);
            var results = reply.Tables.Count == 1 ? reply.Tables[0].Rows : [];
            if (results.Count != chunk.Length)
                throw TablestoreProtocolException.Malformed($"{results.Count} rows came for {chunk.Length} keys.");
            for (var i = 0; i < chunk.Length; i++)
            {
                if (results[i].IsOk != true)
                    throw TablestoreErrors.From(OperationNames.BatchGetRow, scan.Table, client.Endpoint.Address, results[i].Error ?? Unknown, default);
                if (PlainBufferReader.ReadSingle(results[i].Row ?? default) is { Cells.Count: 0 })
                    builder.AddEmpty(chunk[i]);
            }
        }
    }

    private static ErrorMessage Unknown => new() { Code = ErrorCodes.InternalError, Text = "no reason given" };

    private TsBackupException ErrorOf(WideScan scan, Exception cause) => cause switch
    {
        TsBackupException e => e,
        OverflowException => new TsBackupException(
            ErrorId.ColumnTypeUnsupported,
            $"Table '{scan.Table}' holds a cell whose version is beyond the year 2262.",
            scan.Table),
        TablestoreProtocolException e => TablestoreErrors.From(e, $"A page of table '{scan.Table}'", client.Endpoint.Address),
        _ => Changed(scan, "cannot be decoded", cause),
    };

    private static TsBackupException Changed(WideScan scan, string what, Exception cause) =>
        new(ErrorId.StoreChanged, $"Table '{scan.Table}' {what}.", scan.Table, "Run the backup again.", cause);
}
