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
        if (operation is Operations.CreateTable or Operations.CreateTimeseriesTable or Operations.BatchWriteRow or Operations.BatchGetRow)
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
            Operations.GetRange => _reads.Range(Message.Parse<GetRangeRequest>(body), fault?.Kind == FakeFaultKind.EmptyPage),
            Operations.GetRow => _reads.Get(Message.Parse<GetRowRequest>(body)),
            Operations.BatchGetRow => _reads.BatchGet(Message.Parse<BatchGetRowRequest>(body)),
            Operations.ComputeSplitPointsBySize => _reads.Splits(Message.Parse<ComputeSplitPointsRequest>(body)),
            Operations.PutRow => _writes.Single(Message.Parse<RowChangeRequest>(body), OperationType.Put),
            Operations.UpdateRow => _writes.Single(Message.Parse<RowChangeRequest>(body), OperationType.Update),
            Operations.DeleteRow => _writes.Single(Message.Parse<RowChangeRequest>(body), OperationType.Delete),
            Operations.BatchWriteRow => _writes.Batch(
                Message.Parse<BatchWriteRowRequest>(body), fault?.Kind == FakeFaultKind.PartialBatch ? fault : null),
            Operations.BulkImport => _writes.Bulk(Message.Parse<BulkImportRequest>(body)),
            _ => RunOnTable(operation, body) ?? RunOnSeries(operation, body)
                ?? throw new FakeError(405, ErrorCodes.MethodNotAllowed, $"Unsupported operation: '{operation}'."),
        };
        if (fault?.Kind == FakeFaultKind.CorruptRow)
            Corrupt(reply);
        return reply;
    }

    private Message? RunOnTable(string operation, ReadOnlyMemory<byte> body) => operation switch
    {
        Operations.CreateTable => _tables.Create(Message.Parse<CreateTableRequest>(body)),
        Operations.ListTable => _tables.List(),
        Operations.DescribeTable => _tables.Describe(Message.Parse<TableNameRequest>(body)),
        Operations.UpdateTable => _tables.Update(Message.Parse<UpdateTableRequest>(body)),
        Operations.DeleteTable => _tables.Delete(Message.Parse<TableNameRequest>(body)),
        Operations.CreateIndex => _tables.CreateIndex(Message.Parse<CreateIndexRequest>(body)),
        Operations.DropIndex => _tables.DropIndex(Message.Parse<TableIndexRequest>(body)),
        Operations.ListSearchIndex => _tables.ListSearchIndexes(Message.Parse<TableNameRequest>(body)),
        Operations.DescribeSearchIndex => _tables.DescribeSearchIndex(Message.Parse<TableIndexRequest>(body)),
        Operations.CreateSearchIndex => _tables.CreateSearchIndex(Message.Parse<CreateSearchIndexRequest>(body)),
        _ => null,
    };

    private Message? RunOnSeries(string operation, ReadOnlyMemory<byte> body) => operation switch
    {
        Operations.CreateTimeseriesTable => _series.Create(Message.Parse<CreateTimeseriesTableRequest>(body)),
        Operations.ListTimeseriesTable => _series.List(),
        Operations.DescribeTimeseriesTable => _series.Describe(Message.Parse<TableNameRequest>(body)),
        Operations.UpdateTimeseriesTable => _series.Update(Message.Parse<UpdateTimeseriesTableRequest>(body)),
        Operations.DeleteTimeseriesTable => _series.Delete(Message.Parse<TableNameRequest>(body)),
        Operations.PutTimeseriesData => _series.Put(Message.Parse<PutTimeseriesDataRequest>(body)),
        Operations.GetTimeseriesData => _series.Get(Message.Parse<GetTimeseriesDataRequest>(body)),
        Operations.SplitTimeseriesScanTask => _series.Split(Message.Parse<SplitTimeseriesScanRequest>(body)),
        Operations.ScanTimeseriesData => _series.Scan(Message.Parse<ScanTimeseriesDataRequest>(body)),
        Operations.QueryTimeseriesMeta => _series.QueryMeta(Message.Parse<QueryTimeseriesMetaRequest>(body)),
        Operations.UpdateTimeseriesMeta => _series.UpdateMeta(Message.Parse<UpdateTimeseriesMetaRequest>(body)),
        _ => null,
    };

    private static void Corrupt(Message reply)
    {
        switch (reply)
        {
            case GetRangeResponse { Rows: { Length: > 0 } rows } range:
                range.Rows = Flip(rows);
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
