using System.Runtime.CompilerServices;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// Reads a key range of a wide-column table as batches. Columns are never named, so that rows without cells come too, and all versions
/// that the table keeps are asked for. One instance reads one slice.
/// </summary>
internal sealed class WideTableReader(TablestoreClient client, TableDirectory directory)
{
    private const int KeysPerLookup = 100;
    private bool _hidesRows;

    /// <summary>Reads a slice: batches, then one end or failure.</summary>
    public async IAsyncEnumerable<SliceEvent> ReadAsync(Slice slice, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (scan, table, error) = await OpenAsync(slice, cancellation).ConfigureAwait(false);
        if (scan is null || table is null)
        {
            yield return new SliceFailure(slice, error!);
            yield break;
        }
        var builder = new CellBatchBuilder(scan.Keys);
        var empties = new List<ReadOnlyMemory<byte>>();
        using var hasher = SplitWatch.Start(slice, table);
        _hidesRows = false;
        await using var rows = new WideRows(client, scan).ReadAsync(cancellation).GetAsyncEnumerator(cancellation);
        try
        {
            while (error is null)
            {
                (var isThere, error) = await AdvanceAsync(scan, rows, builder, empties, hasher, cancellation).ConfigureAwait(false);
                if (builder.IsFull)
                    yield return new SliceRows(slice, builder.Take());
                if (!isThere)
                    break;
            }
            if (error is null && builder.RowCount > 0)
                yield return new SliceRows(slice, builder.Take());
        }
        finally
        {
            builder.Discard();
        }
        if (error is not null)
            yield return new SliceFailure(slice, error);
        else
            yield return new SliceEnd(slice) { Fingerprint = NoteOf(hasher, slice, table) };
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

    private string? NoteOf(SplitHasher? hasher, Slice slice, DescribeTableResponse table) =>
        hasher is null || _hidesRows ? null : SplitWatch.Finish(hasher, slice, table);

    private async Task<(WideScan? Scan, DescribeTableResponse? Table, TsBackupException? Error)> OpenAsync(
        Slice slice, CancellationToken cancellation)
    {
        try
        {
            var description = await directory.DescribeAsync(slice.Table.Name, cancellation).ConfigureAwait(false);
            return (new WideScan(client.Endpoint.Full(slice.Table.Name), slice, description), description, null);
        }
        catch (TsBackupException e)
        {
            return (null, null, e);
        }
    }

    /// <summary>Takes rows until a batch is full or the range ends.</summary>
    private async Task<(bool IsThere, TsBackupException? Error)> AdvanceAsync(
        WideScan scan,
        IAsyncEnumerator<RowPiece> rows,
        CellBatchBuilder builder,
        List<ReadOnlyMemory<byte>> empties,
        SplitHasher? hasher,
        CancellationToken cancellation)
    {
        try
        {
            while (!builder.IsFull)
            {
                if (!await rows.MoveNextAsync().ConfigureAwait(false))
                {
                    await AddEmptiesAsync(scan, empties, builder, cancellation).ConfigureAwait(false);
                    return (false, null);
                }
                var row = rows.Current.Row;
                hasher?.Add(rows.Current);
                if (row.Cells.Count > 0)
                    builder.Add(row);
                else if (scan.TakesEmptyRows && !rows.Current.IsRest)
                    empties.Add(scan.ToBlob(row));
                if (empties.Count >= KeysPerLookup)
                    await AddEmptiesAsync(scan, empties, builder, cancellation).ConfigureAwait(false);
            }
            return (true, null);
        }
        catch (TsBackupException e)
        {
            if (e.Id == ErrorId.StoreChanged)
                directory.Clear();
            return (false, e);
        }
        catch (OverflowException)
        {
            return (false, new TsBackupException(
                ErrorId.ColumnTypeUnsupported, $"Table '{scan.Table}' holds a cell whose version is beyond the year 2262.", scan.Table));
        }
        catch (TablestoreProtocolException e)
        {
            return (false, TablestoreErrors.From(e, $"A row of table '{scan.Table}'", client.Endpoint.Address));
        }
    }

    /// <summary>
    /// Rows that show no cell may have none, or only cells that are newer than the cut; the latter belong to the next backup.
    /// </summary>
    private async Task AddEmptiesAsync(
        WideScan scan, List<ReadOnlyMemory<byte>> keys, CellBatchBuilder builder, CancellationToken cancellation)
    {
        var isEmpty = scan.HasTimeRange && keys.Count > 0 ? await LookUpAsync(scan, keys, cancellation).ConfigureAwait(false) : null;
        for (var i = 0; i < keys.Count; i++)
        {
            if (isEmpty is null || isEmpty[i])
                builder.AddEmpty(PlainBufferReader.ReadSingle(keys[i])!);
            else
                _hidesRows = true;
        }
        keys.Clear();
    }

    private async Task<bool[]> LookUpAsync(WideScan scan, List<ReadOnlyMemory<byte>> keys, CancellationToken cancellation)
    {
        var lookup = new TableInBatchGet { TableName = scan.Table, MaxVersions = 1 };
        lookup.PrimaryKeys.AddRange(keys);
        var request = new BatchGetRowRequest();
        request.Tables.Add(lookup);
        var reply = await client.CallAsync<BatchResponse>(OperationNames.BatchGetRow, request, scan.Table, cancellation)
            .ConfigureAwait(false);
        var results = reply.Tables.Count == 1 ? reply.Tables[0].Rows : [];
        if (results.Count != keys.Count)
            throw TablestoreProtocolException.Malformed($"{results.Count} rows came for {keys.Count} keys.");
        var isEmpty = new bool[keys.Count];
        for (var i = 0; i < isEmpty.Length; i++)
        {
            if (results[i].IsOk != true)
                throw TablestoreErrors.From(
                    OperationNames.BatchGetRow, scan.Table, client.Endpoint.Address, results[i].Error ?? Unknown, default);
            isEmpty[i] = PlainBufferReader.ReadSingle(results[i].Row ?? default) is { Cells.Count: 0 };
        }
        return isEmpty;
    }

    private static ErrorMessage Unknown => new() { Code = ErrorCodes.InternalError, Text = "no reason given" };
}
