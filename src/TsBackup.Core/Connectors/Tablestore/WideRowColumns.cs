using System.Runtime.CompilerServices;
using TsBackup.Errors;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// Reads a row that does not fit a reply, some columns at a time: GetRow from the last column on, in the order of their names. The
/// service documents start_column and the pagination filter but not the continuation token, so the token is taken only as the sign that
/// a reply is cut. A column whose versions do not fit a reply is read version by version.
/// </summary>
internal sealed class WideRowColumns(TablestoreClient client, WideScan scan, ReadOnlyMemory<byte> key)
{
    private const int ColumnsPerReply = 1024;
    private string? _last;

    /// <summary>Reads it in parts of whole columns. Nothing comes, or comes any more, when the row is deleted meanwhile.</summary>
    /// <exception cref="TsBackupException">The row cannot be read to its end.</exception>
    public async IAsyncEnumerable<RowPiece> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var isLast = false; !isLast;)
        {
            var (row, isCut) = await FetchAsync(FromLast(ColumnsPerReply), cancellation).ConfigureAwait(false);
            if (row is null)
                yield break;
            var names = NamesOf(row);
            isLast = !isCut && names.Count < ColumnsPerReply;
            var partial = isCut ? names[^1] : null;
            var taken = names.Where(n => n != _last && n != partial).ToHashSet(StringComparer.Ordinal);
            if (taken.Count > 0 || isLast)
            {
                row.Cells.RemoveAll(c => !taken.Contains(row.NameTextOf(c)));
                var piece = new RowPiece(row, IsRest: _last is not null, Continues: !isLast);
                _last = taken.Count > 0 ? names.Last(taken.Contains) : _last;
                yield return piece;
                continue;
            }
            var next = partial is null || partial == _last ? await FindNextAsync(cancellation).ConfigureAwait(false) : partial;
            if (next is null)
                yield break;
            var column = await ReadColumnAsync(next, cancellation).ConfigureAwait(false);
            yield return new RowPiece(column, IsRest: _last is not null, Continues: true);
            _last = next;
        }
    }

    private GetRowRequest FromLast(int columns) => new()
    {
        TableName = scan.Table,
        PrimaryKey = key,
        TimeRange = scan.Versions,
        MaxVersions = scan.MaxVersions,
        StartColumn = _last,
        Filter = PaginationFilter.Of(0, columns),
    };

    /// <summary>The column after the last one, when the versions of that fill a reply; null when there is none.</summary>
    private async Task<string?> FindNextAsync(CancellationToken cancellation)
    {
        var request = FromLast(2);
        request.MaxVersions = 1;
        var (row, isCut) = await FetchAsync(request, cancellation).ConfigureAwait(false);
        if (row is null)
            return null;
        if (isCut && NamesOf(row).Count == 1 && _last is not null)
        {
            request.Filter = PaginationFilter.Of(1, 1);
            (row, isCut) = await FetchAsync(request, cancellation).ConfigureAwait(false);
            isCut |= row is { Cells.Count: 0 };
        }
        var next = row is null ? null : NamesOf(row).Find(n => string.CompareOrdinal(n, _last) > 0);
        return next is null && isCut
            ? throw new TsBackupException(
                ErrorId.StoreReplyPartial, $"A row of table '{scan.Table}' cannot be read beyond column '{_last}'.", scan.Table)
            : next;
    }

    private async Task<PlainRow> ReadColumnAsync(string column, CancellationToken cancellation)
    {
        var writer = new PlainBufferWriter();
        writer.BeginRow();
        var keys = PlainBufferReader.ReadSingle(key)!;
        foreach (var cell in keys.Keys)
            writer.Key(keys.NameOf(cell), cell.Type, cell.Bits, keys.BytesOf(cell));
        var end = scan.Versions?.End ?? long.MaxValue;
        for (var versions = 0; versions < scan.MaxVersions; versions++)
        {
            var request = FromLast(1);
            request.StartColumn = null;
            request.Filter = null;
            request.Columns.Add(column);
            request.MaxVersions = 1;
            request.TimeRange = new VersionRange { Start = scan.Versions?.Start ?? 0, End = end };
            var (row, isCut) = await FetchAsync(request, cancellation).ConfigureAwait(false);
            if (isCut)
                throw new TsBackupException(ErrorId.StoreReplyPartial, $"A cell of table '{scan.Table}' does not fit a reply.", scan.Table);
            if (row is null || row.Cells.Count == 0)
                break;
            var cell = row.Cells[0];
            writer.Cell(row.NameOf(cell), cell.Type, cell.Bits, row.BytesOf(cell), cell.Version);
            end = cell.Version;
        }
        writer.EndRow();
        return PlainBufferReader.ReadSingle(writer.ToArray())!;
    }

    private async Task<(PlainRow? Row, bool IsCut)> FetchAsync(GetRowRequest request, CancellationToken cancellation)
    {
        var started = client.Now;
        for (var tries = 1; ; tries++)
        {
            var reply = await client.CallAsync<GetRowResponse>(OperationNames.GetRow, request, scan.Table, cancellation)
                .ConfigureAwait(false);
            TsBackupException error;
            try
            {
                var row = PlainBufferReader.ReadSingle(reply.Row ?? default);
                if (row is not null)
                    scan.Check(row);
                return (row, reply.NextToken is { Length: > 0 } && row is { Cells.Count: > 0 });
            }
            catch (TablestoreProtocolException e)
            {
                error = TablestoreErrors.From(e, $"A row of table '{scan.Table}'", client.Endpoint.Address);
            }
            if (client.Retry.PauseAfter(error, tries, client.Now - started, canRepeat: true) is not { } pause)
                throw error;
            await client.WaitAsync(error.Message, pause, cancellation).ConfigureAwait(false);
        }
    }

    private static List<string> NamesOf(PlainRow row)
    {
        var names = new List<string>();
        foreach (var cell in row.Cells)
        {
            if (names.Count == 0 || !row.NameOf(cell).SequenceEqual(System.Text.Encoding.UTF8.GetBytes(names[^1])))
                names.Add(row.NameTextOf(cell));
        }
        return names;
    }
}
