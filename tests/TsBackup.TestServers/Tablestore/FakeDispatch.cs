using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.TestServers.Tablestore;

/// <summary>Hands each operation to the part that does it.</summary>
internal sealed class FakeDispatch
{
    private readonly FakeTableOperations _tables;
    private readonly FakeRowReads _reads;
    private readonly FakeRowWrites _writes;
    private readonly FakeTimeseriesOperations _series;

    public FakeDispatch(FakeTablestore server)
    {
        Instance = new FakeInstance(server);
        _tables = new FakeTableOperations(server, Instance);
        _reads = new FakeRowReads(server, Instance);
        _writes = new FakeRowWrites(server, Instance);
        _series = new FakeTimeseriesOperations(server, Instance);
    }

    public FakeInstance Instance { get; }

    /// <summary>The table a request is about; null when it names none.</summary>
    public static string? TableOf(string operation, ReadOnlyMemory<byte> body)
    {
        var reader = new WireReader(body);
        if (!reader.Next() || reader.Type != WireType.Bytes)
            return null;
        if (operation is OperationNames.CreateTable or OperationNames.CreateTimeseriesTable
            or OperationNames.BatchWriteRow or OperationNames.BatchGetRow)
        {
            reader = new WireReader(reader.Bytes);
            if (!reader.Next() || reader.Type != WireType.Bytes)
                return null;
        }
        return System.Text.Encoding.UTF8.GetString(reader.Bytes.Span);
    }

    public Message Run(string operation, ReadOnlyMemory<byte> body, FakeFault? fault)
    {
        var reply = operation switch
        {
            OperationNames.GetRange => _reads.Range(Message.Parse<GetRangeRequest>(body), fault?.Kind == FakeFaultKind.EmptyPage),
            OperationNames.GetRow => _reads.Get(Message.Parse<GetRowRequest>(body)),
            OperationNames.BatchGetRow => _reads.BatchGet(Message.Parse<BatchGetRowRequest>(body)),
            OperationNames.ComputeSplitPointsBySize => _reads.Splits(Message.Parse<ComputeSplitPointsRequest>(body)),
            OperationNames.PutRow => _writes.Single(Message.Parse<RowChangeRequest>(body), OperationType.Put),
            OperationNames.UpdateRow => _writes.Single(Message.Parse<RowChangeRequest>(body), OperationType.Update),
            OperationNames.DeleteRow => _writes.Single(Message.Parse<RowChangeRequest>(body), OperationType.Delete),
            OperationNames.BatchWriteRow => _writes.Batch(
                Message.Parse<BatchWriteRowRequest>(body), fault?.Kind == FakeFaultKind.PartialBatch ? fault : null),
            OperationNames.BulkImport => _writes.Bulk(Message.Parse<BulkImportRequest>(body)),
            _ => RunOnTable(operation, body) ?? RunOnSeries(operation, body)
                ?? throw new FakeError(405, ErrorCodes.MethodNotAllowed, $"Unsupported operation: '{operation}'."),
        };
        if (fault?.Kind == FakeFaultKind.CorruptRow)
            Corrupt(reply);
        return reply;
    }

    private Message? RunOnTable(string operation, ReadOnlyMemory<byte> body) => operation switch
    {
        OperationNames.CreateTable => _tables.Create(Message.Parse<CreateTableRequest>(body)),
        OperationNames.ListTable => _tables.List(),
        OperationNames.DescribeTable => _tables.Describe(Message.Parse<TableNameRequest>(body)),
        OperationNames.UpdateTable => _tables.Update(Message.Parse<UpdateTableRequest>(body)),
        OperationNames.DeleteTable => _tables.Delete(Message.Parse<TableNameRequest>(body)),
        OperationNames.CreateIndex => _tables.CreateIndex(Message.Parse<CreateIndexRequest>(body)),
        OperationNames.DropIndex => _tables.DropIndex(Message.Parse<TableIndexRequest>(body)),
        OperationNames.ListSearchIndex => _tables.ListSearchIndexes(Message.Parse<TableNameRequest>(body)),
        OperationNames.DescribeSearchIndex => _tables.DescribeSearchIndex(Message.Parse<TableIndexRequest>(body)),
        OperationNames.CreateSearchIndex => _tables.CreateSearchIndex(Message.Parse<CreateSearchIndexRequest>(body)),
        _ => null,
    };

    private Message? RunOnSeries(string operation, ReadOnlyMemory<byte> body) => operation switch
    {
        OperationNames.CreateTimeseriesTable => _series.Create(Message.Parse<CreateTimeseriesTableRequest>(body)),
        OperationNames.ListTimeseriesTable => _series.List(),
        OperationNames.DescribeTimeseriesTable => _series.Describe(Message.Parse<TableNameRequest>(body)),
        OperationNames.UpdateTimeseriesTable => _series.Update(Message.Parse<UpdateTimeseriesTableRequest>(body)),
        OperationNames.DeleteTimeseriesTable => _series.Delete(Message.Parse<TableNameRequest>(body)),
        OperationNames.PutTimeseriesData => _series.Put(Message.Parse<PutTimeseriesDataRequest>(body)),
        OperationNames.GetTimeseriesData => _series.Get(Message.Parse<GetTimeseriesDataRequest>(body)),
        OperationNames.SplitTimeseriesScanTask => _series.Split(Message.Parse<SplitTimeseriesScanRequest>(body)),
        OperationNames.ScanTimeseriesData => _series.Scan(Message.Parse<ScanTimeseriesDataRequest>(body)),
        OperationNames.QueryTimeseriesMeta => _series.QueryMeta(Message.Parse<QueryTimeseriesMetaRequest>(body)),
        OperationNames.UpdateTimeseriesMeta => _series.UpdateMeta(Message.Parse<UpdateTimeseriesMetaRequest>(body)),
        _ => null,
    };

    private static void Corrupt(Message reply)
    {
        switch (reply)
        {
            case GetRangeResponse { Rows: { Length: > 0 } rows } range:
                range.Rows = Flip(rows);
                break;
            case GetRowResponse { Row: { Length: > 0 } row } get:
                get.Row = Flip(row);
                break;
            case ScanTimeseriesDataResponse { Data: { Length: > 0 } data } scan:
                scan.Data = Flip(data);
                break;
        }
    }

    private static byte[] Flip(ReadOnlyMemory<byte> rows)
    {
        var bytes = rows.ToArray();
        bytes[^1] ^= 0xFF;
        if (bytes[^2] != PlainTag.RowChecksum)
            throw new InvalidOperationException("The last byte of the rows is not their checksum.");
        return bytes;
    }
}
