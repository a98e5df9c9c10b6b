using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.TestServers.Tablestore;

/// <summary>Writes of rows.</summary>
internal sealed class FakeRowWrites(FakeTablestore server, FakeInstance instance)
{
    public Message Single(RowChangeRequest request, OperationType type)
    {
        var row = Apply(instance.Table(request.TableName), type, request.Row!.Value, request.Condition!, request.Return);
        return new RowChangeResponse { Consumed = FakeInstance.Cost(0, 1), Row = row };
    }

    public Message Batch(BatchWriteRowRequest request, FakeFault? partial)
    {
        if (request.Tables.Sum(t => t.Rows.Count) is 0 or > FakeRules.MaxBatchRows)
            throw FakeError.Invalid("Rows count exceeds the upper limit: 200.");
        if (request.Tables.Sum(t => t.Rows.Sum(r => (long)r.Row!.Value.Length)) > FakeRules.MaxWrite)
            throw FakeError.Invalid("The total data size of the batch exceeds the limit 4194304.");
        var reply = new BatchResponse();
        var number = 0;
        foreach (var part in request.Tables)
        {
            var table = instance.Table(part.TableName);
            CheckDistinct(table, part.Rows);
            var results = new TableInBatchResponse { TableName = part.TableName };
            foreach (var row in part.Rows)
            {
                var refused = partial is not null && number++ % 2 == 0;
                results.Rows.Add(refused ? Refused(new FakeError(503, partial!.Code, partial.Message)) : One(table, row));
            }
            reply.Tables.Add(results);
        }
        return reply;
    }

    public Message Bulk(BulkImportRequest request)
    {
        var table = instance.Table(request.TableName);
        var reply = new TableInBatchResponse { TableName = request.TableName };
        foreach (var row in request.Rows)
        {
            var condition = new Condition { RowExistence = RowExistence.Ignore };
            reply.Rows.Add(One(table, new RowInBatch { Type = row.Type, Row = row.Row, Condition = condition }));
        }
        return reply;
    }

    private static void CheckDistinct(FakeTable table, List<RowInBatch> rows)
    {
        var keys = new HashSet<FakeKey>();
        foreach (var row in rows)
        {
            var key = FakeKey.From(PlainBufferReader.ReadSingle(row.Row!.Value), table.Meta.PrimaryKey, isBound: false);
            if (!keys.Add(key) && key.Values.All(v => v.Type != PlainType.AutoIncrement))
                throw FakeError.Invalid("Two rows of the batch have one primary key.");
        }
    }

    private RowInBatchResponse One(FakeTable table, RowInBatch row)
    {
        try
        {
            var returned = Apply(table, row.Type!.Value, row.Row!.Value, row.Condition!, row.Return);
            return new RowInBatchResponse { IsOk = true, Consumed = FakeInstance.Cost(0, 1), Row = returned };
        }
        catch (FakeError e)
        {
            return Refused(e);
        }
    }

    private static RowInBatchResponse Refused(FakeError error) => new() { IsOk = false, Error = error.ToMessage() };

    private ReadOnlyMemory<byte>? Apply(
        FakeTable table, OperationType type, ReadOnlyMemory<byte> blob, Condition condition, ReturnContent? wanted)
    {
        var change = PlainBufferReader.ReadSingle(blob) ?? throw FakeError.Invalid("The row is empty.");
        lock (table.Gate)
        {
            table.CheckReady(instance.Now);
            var now = instance.NowMs;
            FakeRules.CheckRow(table, change, blob.Length, server.MaxRowBytes, now);
            var given = FakeKey.From(change, table.Meta.PrimaryKey, isBound: false);
            var isNew = given.Values.Any(v => v.Type == PlainType.AutoIncrement);
            CheckExplicitKey(table, given, type, isNew);
            var key = isNew ? table.Generate(given) : given;
            CheckCondition(table.Find(key), condition);
            switch (type)
            {
                case OperationType.Delete:
                    table.Remove(key);
                    break;
                case OperationType.Put:
                    table.Remove(key);
                    Write(table.FindOrAdd(key), change, now);
                    break;
                default:
                    Update(table, key, change, now);
                    break;
            }
            return wanted?.Type == ReturnType.PrimaryKey ? KeyRow(table, key) : null;
        }
    }

    // The service documents only the placeholder for a row that does not exist yet; a strict server is the harder test.
    private static void CheckExplicitKey(FakeTable table, FakeKey key, OperationType type, bool isNew)
    {
        var hasGenerated = table.Meta.PrimaryKey.Any(k => k.Option == PrimaryKeyOption.AutoIncrement);
        if (hasGenerated && !isNew && type != OperationType.Delete && table.Find(key) is null)
            throw new FakeError(400, "OTSInvalidPK", "The value of an auto-increment column cannot be given for a new row.");
    }

    private static void CheckCondition(FakeRow? row, Condition condition)
    {
        if ((condition.RowExistence == RowExistence.ExpectExist && row is null)
            || (condition.RowExistence == RowExistence.ExpectNotExist && row is not null))
        {
            throw new FakeError(403, ErrorCodes.ConditionFailed, "Condition check failed.");
        }
        if (condition.ColumnCondition is { IsEmpty: false })
            throw FakeError.Invalid("The fake server does not evaluate column conditions.");
    }

    private static void Update(FakeTable table, FakeKey key, PlainRow change, long now)
    {
        if (table.Options.AllowUpdate == false)
            throw FakeError.Invalid("UpdateRow is not allowed on this table.");
        if (change.Cells.Count == 0)
            throw FakeError.Invalid("No column is updated.");
        var row = table.FindOrAdd(key);
        foreach (var cell in change.Cells)
        {
            var name = change.NameTextOf(cell);
            row.Columns.TryGetValue(name, out var versions);
            switch (cell.Operation)
            {
                case CellOperation.Put:
                    FakeTable.Set(row, name, cell.Version == PlainCell.NoVersion ? now : cell.Version, change.ValueOf(cell));
                    break;
                case CellOperation.DeleteAllVersions:
                    row.Columns.Remove(name);
                    break;
                case CellOperation.DeleteOneVersion:
                    versions?.Remove(cell.Version);
                    if (versions?.Count == 0)
                        row.Columns.Remove(name);
                    break;
                case CellOperation.Increment:
                    var old = versions?.Values.FirstOrDefault().Bits ?? 0;
                    FakeTable.Set(row, name, now, PlainValue.Of(old + cell.Bits));
                    break;
            }
        }
        row.WrittenAt = now;
    }

    private static void Write(FakeRow row, PlainRow change, long now)
    {
        foreach (var cell in change.Cells)
            FakeTable.Set(row, change.NameTextOf(cell), cell.Version == PlainCell.NoVersion ? now : cell.Version, change.ValueOf(cell));
        row.WrittenAt = now;
    }

    private static ReadOnlyMemory<byte>? KeyRow(FakeTable table, FakeKey key)
    {
        var writer = new PlainBufferWriter();
        writer.BeginRow();
        key.Write(writer, table.Meta.PrimaryKey);
        writer.EndRow();
        return writer.ToArray();
    }
}
