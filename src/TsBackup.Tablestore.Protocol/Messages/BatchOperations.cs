using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tablestore.Protocol.Messages;

/// <summary>One row of a batch write.</summary>
internal sealed class RowInBatch : Message
{
    public OperationType? Type { get; set; }

    public ReadOnlyMemory<byte>? Row { get; set; }

    public Condition? Condition { get; set; }

    public ReturnContent? Return { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Type = fields.Choice(1, Type, required: true);
        Row = fields.Bytes(2, Row, required: true);
        Condition = fields.Nested(3, Condition, required: true);
        Return = fields.Nested(4, Return);
    }
}

/// <summary>Rows of one table in a batch write.</summary>
internal sealed class TableInBatchWrite : Message
{
    public string? TableName { get; set; }

    public List<RowInBatch> Rows { get; } = [];

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        fields.List(2, Rows);
    }
}

/// <summary>BatchWriteRow.</summary>
internal sealed class BatchWriteRowRequest : Message
{
    public List<TableInBatchWrite> Tables { get; } = [];

    public string? TransactionId { get; set; }

    public bool? IsAtomic { get; set; }

    internal override void Describe(MessageFields fields)
    {
        fields.List(1, Tables);
        TransactionId = fields.Text(2, TransactionId);
        IsAtomic = fields.Flag(3, IsAtomic);
    }
}

/// <summary>What became of one row of a batch.</summary>
internal sealed class RowInBatchResponse : Message
{
    public bool? IsOk { get; set; }

    public ErrorMessage? Error { get; set; }

    public ConsumedCapacity? Consumed { get; set; }

    public ReadOnlyMemory<byte>? Row { get; set; }

    public ReadOnlyMemory<byte>? NextToken { get; set; }

    internal override void Describe(MessageFields fields)
    {
        IsOk = fields.Flag(1, IsOk, required: true);
        Error = fields.Nested(2, Error);
        Consumed = fields.Nested(3, Consumed);
        Row = fields.Bytes(4, Row);
        NextToken = fields.Bytes(5, NextToken);
    }
}

/// <summary>Results of one table of a batch, in the order of the request.</summary>
internal sealed class TableInBatchResponse : Message
{
    public string? TableName { get; set; }

    public List<RowInBatchResponse> Rows { get; } = [];

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        fields.List(2, Rows);
    }
}

/// <summary>Reply of BatchWriteRow and BatchGetRow.</summary>
internal sealed class BatchResponse : Message
{
    public List<TableInBatchResponse> Tables { get; } = [];

    internal override void Describe(MessageFields fields) => fields.List(1, Tables);
}

/// <summary>Rows to read of one table.</summary>
internal sealed class TableInBatchGet : Message
{
    public string? TableName { get; set; }

    public List<ReadOnlyMemory<byte>> PrimaryKeys { get; } = [];

    public List<ReadOnlyMemory<byte>> Tokens { get; } = [];

    public List<string> Columns { get; } = [];

    public VersionRange? TimeRange { get; set; }

    public int? MaxVersions { get; set; }

    public bool? CacheBlocks { get; set; }

    public ReadOnlyMemory<byte>? Filter { get; set; }

    public string? StartColumn { get; set; }

    public string? EndColumn { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        fields.BytesList(2, PrimaryKeys);
        fields.BytesList(3, Tokens);
        fields.Texts(4, Columns);
        TimeRange = fields.Nested(5, TimeRange);
        MaxVersions = fields.Int32(6, MaxVersions);
        CacheBlocks = fields.Flag(7, CacheBlocks);
        Filter = fields.Bytes(8, Filter);
        StartColumn = fields.Text(9, StartColumn);
        EndColumn = fields.Text(10, EndColumn);
    }
}

/// <summary>BatchGetRow.</summary>
internal sealed class BatchGetRowRequest : Message
{
    public List<TableInBatchGet> Tables { get; } = [];

    internal override void Describe(MessageFields fields) => fields.List(1, Tables);
}
