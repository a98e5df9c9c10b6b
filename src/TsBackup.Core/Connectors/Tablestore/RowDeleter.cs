using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// Deletes what lies in a range of versions: rows whose cells all do, else single versions. A row without cells counts as time 0.
/// </summary>
internal sealed class RowDeleter(TablestoreClient client, TableDirectory directory, ConnectorOptions options)
{
    private const int MaxCells = 1024;

    /// <summary>Deletes from a wide-column table.</summary>
    /// <exception cref="TsBackupException">StoreWriteRejected when the table keeps some of it.</exception>
    public async Task DeleteAsync(TableId table, TimeRange range, CancellationToken cancellation)
    {
        if (await directory.FindAsync(table.Name, cancellation).ConfigureAwait(false) is not { } description)
            return;
        var slice = new Slice(table, TimeRange.All);
        var scan = new WideScan(client.Endpoint.Full(table.Name), slice, description);
        var ledger = new WriteLedger();
        var target = new WideTarget(scan.Table, scan.Keys, Merges: true, GeneratedKey: -1);
        using var sender = new RowSender(client, target, ledger, options);
        for (var request = scan.Request; ;)
        {
            var page = await client.CallAsync<GetRangeResponse>(OperationNames.GetRange, request, table.Name, cancellation).ConfigureAwait(false);
            foreach (var part in Changes(scan, slice, page, range))
                await sender.AddAsync(part, cancellation).ConfigureAwait(false);
            if (page.NextStart is not { Length: > 0 } next)
                break;
            request = scan.From(next);
        }
        await sender.DrainAsync(cancellation).ConfigureAwait(false);
        var outcome = ledger.ToOutcome();
        if (outcome.RowsFailed > 0)
        {
            throw new TsBackupException(
                ErrorId.StoreWriteRejected,
                $"{outcome.RowsFailed} rows of table '{table}' could not be deleted: {outcome.Failures[0].Reason}",
                table.ToString());
        }
    }

    private List<RowPart> Changes(WideScan scan, Slice slice, GetRangeResponse page, TimeRange range)
    {
        try
        {
            var parts = new List<RowPart>();
            var reader = new PlainBufferReader(page.Rows!.Value);
            var row = new PlainRow();
            while (reader.Read(row))
            {
                scan.Check(row);
                AddChanges(slice, row, range, parts);
            }
            return parts;
        }
        catch (TablestoreProtocolException e)
        {
            throw TablestoreErrors.From(e, $"A page of table '{scan.Table}'", client.Endpoint.Address);
        }
    }

    private static void AddChanges(Slice slice, PlainRow row, TimeRange range, List<RowPart> parts)
    {
        var inside = row.Cells.Where(c => IsInside(c.Version, range)).ToList();
        if (inside.Count == row.Cells.Count && (inside.Count > 0 || range.Contains(0)))
        {
            parts.Add(MakePart(slice, row, [], null));
            return;
        }
        RowPart? first = null;
        foreach (var cells in inside.Chunk(MaxCells))
        {
            var part = MakePart(slice, row, cells, first);
            first ??= part;
            parts.Add(part);
        }
    }

    private static bool IsInside(long version, TimeRange range)
    {
        var time = (Int128)version * TableColumns.NanosPerMilli;
        return time >= range.First && time <= range.Last;
    }

    private static RowPart MakePart(Slice slice, PlainRow row, IReadOnlyList<PlainCell> cells, RowPart? first)
    {
        var writer = new PlainBufferWriter();
        writer.BeginRow();
        foreach (var key in row.Keys)
            writer.Key(row.NameOf(key), key.Type, key.Bits, row.BytesOf(key));
        foreach (var cell in cells)
            writer.Cell(row.NameOf(cell), PlainType.None, 0, default, cell.Version, CellOperation.DeleteOneVersion);
        writer.EndRow(isDelete: cells.Count == 0);
        var type = cells.Count == 0 ? OperationType.Delete : OperationType.Update;
        return new RowPart(slice, writer.ToArray(), type, RowExistence.Ignore, 1, first);
    }
}
