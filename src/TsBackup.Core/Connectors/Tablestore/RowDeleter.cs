using TsBackup.Errors;
using TsBackup.Model;
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
        var row = new RowToDelete(slice, range);
        await foreach (var piece in new WideRows(client, scan).ReadAsync(cancellation).ConfigureAwait(false))
        {
            if (!piece.IsRest)
                await SendAsync(row, sender, cancellation).ConfigureAwait(false);
            row.Add(piece.Row);
        }
        await SendAsync(row, sender, cancellation).ConfigureAwait(false);
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

    private static async Task SendAsync(RowToDelete row, RowSender sender, CancellationToken cancellation)
    {
        foreach (var part in row.Take())
            await sender.AddAsync(part, cancellation).ConfigureAwait(false);
    }

    /// <summary>Gathers what is to go of one row, whose columns may come in parts.</summary>
    private sealed class RowToDelete(Slice slice, TimeRange range)
    {
        private readonly List<(byte[] Name, long Version)> _inside = [];
        private PlainRow? _key;
        private bool _hasOutside;

        public void Add(PlainRow row)
        {
            if (_key is null)
            {
                _key = new PlainRow { Buffer = row.Buffer };
                _key.Keys.AddRange(row.Keys);
            }
            foreach (var cell in row.Cells)
            {
                if (IsInside(cell.Version))
                    _inside.Add((row.NameOf(cell).ToArray(), cell.Version));
                else
                    _hasOutside = true;
            }
        }

        public IReadOnlyList<RowPart> Take()
        {
            if (_key is null)
                return [];
            var parts = new List<RowPart>();
            if (!_hasOutside && (_inside.Count > 0 || range.Contains(0)))
                parts.Add(MakePart([], null));
            else
                parts.AddRange(_inside.Chunk(MaxCells).Select(cells => MakePart(cells, parts.Count > 0 ? parts[0] : null)));
            _inside.Clear();
            _hasOutside = false;
            _key = null;
            return parts;
        }

        private bool IsInside(long version)
        {
            var time = (Int128)version * TableColumns.NanosPerMilli;
            return time >= range.First && time <= range.Last;
        }

        private RowPart MakePart(IReadOnlyList<(byte[] Name, long Version)> cells, RowPart? first)
        {
            var writer = new PlainBufferWriter();
            writer.BeginRow();
            foreach (var key in _key!.Keys)
                writer.Key(_key.NameOf(key), key.Type, key.Bits, _key.BytesOf(key));
            foreach (var (name, version) in cells)
                writer.Cell(name, PlainType.None, 0, default, version, CellOperation.DeleteOneVersion);
            writer.EndRow(isDelete: cells.Count == 0);
            var type = cells.Count == 0 ? OperationType.Delete : OperationType.Update;
            return new RowPart(slice, writer.ToArray(), type, RowExistence.Ignore, 1, first);
        }
    }
}
