using System.Runtime.CompilerServices;
using TsBackup.Errors;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>A row, or a part of one that is too large for a reply.</summary>
/// <param name="Row">The row with whole columns; valid until the next one, but for the parts of a row.</param>
/// <param name="IsRest">True when columns of this row came before.</param>
/// <param name="Continues">True when more columns of this row may follow.</param>
internal readonly record struct RowPiece(PlainRow Row, bool IsRest = false, bool Continues = false);

/// <summary>
/// The rows of a key range in the order of their keys, page by page from the last primary key on; the next page is on its way while one
/// is decoded. A page with a wrong checksum in it is asked for again from the last good row on; a row that does not fit a reply is read
/// by <see cref="WideRowColumns"/>. One instance is one pass.
/// </summary>
internal sealed class WideRows(TablestoreClient client, WideScan scan)
{
    private readonly PlainRow _row = new();
    private ReadOnlyMemory<byte>? _known;
    private int _damaged;
    private DateTimeOffset _firstDamage;
    private TablestoreProtocolException? _error;

    /// <summary>Reads them.</summary>
    /// <exception cref="TsBackupException">The range cannot be read to its end.</exception>
    public async IAsyncEnumerable<RowPiece> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        ReadOnlyMemory<byte>? from = scan.Start;
        Task<GetRangeResponse>? next = null;
        try
        {
            while (from is { } start)
            {
                var page = await (next ?? FetchAsync(scan.From(start), cancellation)).ConfigureAwait(false);
                var isCut = page.NextToken is { Length: > 0 };
                from = page.NextStart is { Length: > 0 } more ? more : default(ReadOnlyMemory<byte>?);
                next = from is { } ahead && !isCut ? FetchAsync(scan.From(ahead), cancellation) : null;
                var reader = Open(page);
                var whole = 0;
                // Of a cut page the last row is not taken from here.
                for (var left = isCut ? Count(page) - 1 : int.MaxValue; left > 0 && Read(ref reader); left--)
                {
                    whole++;
                    if (!IsKnown())
                        yield return new RowPiece(_row);
                }
                if (_error is not null)
                {
                    await AbandonAsync(next).ConfigureAwait(false);
                    next = null;
                    from = await BackAsync(page, whole, start, cancellation).ConfigureAwait(false);
                    continue;
                }
                _damaged = 0;
                if (!isCut || !Read(ref reader))
                    continue;
                var key = scan.ToBlob(_row);
                await foreach (var piece in new WideRowColumns(client, scan, key).ReadAsync(cancellation).ConfigureAwait(false))
                    yield return piece;
                from = await AfterAsync(key, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            await AbandonAsync(next).ConfigureAwait(false);
        }
    }

    private async Task<GetRangeResponse> FetchAsync(GetRangeRequest request, CancellationToken cancellation)
    {
        try
        {
            return await client.CallAsync<GetRangeResponse>(OperationNames.GetRange, request, scan.Table, cancellation)
                .ConfigureAwait(false);
        }
        catch (TsBackupException e) when (e.Id == ErrorId.TableNotFound)
        {
            throw new TsBackupException(
                ErrorId.StoreChanged, $"Table '{scan.Table}' was dropped while it was read.", scan.Table, "Run the backup again.", e);
        }
    }

    private static async Task AbandonAsync(Task? request)
    {
        if (request is not null)
            await request.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private PlainBufferReader Open(GetRangeResponse page)
    {
        if (page.BlockType is not (null or DataBlockType.PlainBuffer))
            throw Damaged(TablestoreProtocolException.Malformed("Rows come in an encoding that was not asked for."));
        try
        {
            return new PlainBufferReader(page.Rows!.Value);
        }
        catch (TablestoreProtocolException e)
        {
            throw Damaged(e);
        }
    }

    /// <summary>Reads the next row; false at the end of the page, and with <see cref="_error"/> set when a checksum is wrong.</summary>
    private bool Read(ref PlainBufferReader reader)
    {
        _error = null;
        try
        {
            if (!reader.Read(_row))
                return false;
        }
        catch (TablestoreProtocolException e) when (e.Fault == ProtocolFault.Checksum)
        {
            _error = e;
            return false;
        }
        catch (TablestoreProtocolException e)
        {
            throw Damaged(e);
        }
        scan.Check(_row);
        return true;
    }

    private int Count(GetRangeResponse page)
    {
        var reader = Open(page);
        var rows = 0;
        while (Read(ref reader))
            rows++;
        return rows + (_error is null ? 0 : 2);
    }

    private bool IsKnown()
    {
        if (_known is not { } known)
            return false;
        _known = null;
        return known.Span.SequenceEqual(scan.ToBlob(_row).Span);
    }

    /// <summary>Where to go on after a wrong checksum: at the last good row of the page, which is not handed out again.</summary>
    private async Task<ReadOnlyMemory<byte>> BackAsync(
        GetRangeResponse page, int whole, ReadOnlyMemory<byte> start, CancellationToken cancellation)
    {
        var error = Damaged(_error!);
        if (_damaged++ == 0)
            _firstDamage = client.Now;
        if (client.Retry.PauseAfter(error, _damaged, client.Now - _firstDamage, canRepeat: true) is not { } pause)
            throw error;
        await client.WaitAsync(error.Message, pause, cancellation).ConfigureAwait(false);
        if (whole == 0)
            return start;
        var reader = Open(page);
        for (var i = 0; i < whole; i++)
            Read(ref reader);
        var key = scan.ToBlob(_row);
        _known = key;
        return key;
    }

    /// <summary>The key after a row; null when it is the last. The row is asked for with one column only, to learn what follows.</summary>
    private async Task<ReadOnlyMemory<byte>?> AfterAsync(ReadOnlyMemory<byte> key, CancellationToken cancellation)
    {
        var request = scan.From(key);
        request.Limit = 1;
        request.Filter = PaginationFilter.Of(0, 1);
        while (true)
        {
            var page = await FetchAsync(request, cancellation).ConfigureAwait(false);
            var reader = Open(page);
            if (Read(ref reader) && !scan.ToBlob(_row).Span.SequenceEqual(key.Span))
                return scan.ToBlob(_row);
            if (_error is null)
                return page.NextStart is { Length: > 0 } next ? next : default(ReadOnlyMemory<byte>?);
            await BackAsync(page, 0, key, cancellation).ConfigureAwait(false);
        }
    }

    private TsBackupException Damaged(TablestoreProtocolException defect) =>
        TablestoreErrors.From(defect, $"A page of table '{scan.Table}'", client.Endpoint.Address);
}
