using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tablestore.Protocol.Messages;

/// <summary>A message without fields: several requests and replies.</summary>
internal sealed class EmptyMessage : Message
{
    internal override void Describe(MessageFields fields)
    {
    }
}

/// <summary>A range of partition keys, for tables that are split beforehand.</summary>
internal sealed class PartitionRange : Message
{
    public ReadOnlyMemory<byte>? Begin { get; set; }

    public ReadOnlyMemory<byte>? End { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Begin = fields.Bytes(1, Begin, required: true);
        End = fields.Bytes(2, End, required: true);
    }
}

/// <summary>CreateTable.</summary>
internal sealed class CreateTableRequest : Message
{
    public TableMeta? Meta { get; set; }

    public ReservedThroughput? Throughput { get; set; }

    public TableOptions? Options { get; set; }

    public List<PartitionRange> Partitions { get; } = [];

    public StreamSpecification? Stream { get; set; }

    public ServerSideEncryption? Encryption { get; set; }

    public List<IndexMeta> Indexes { get; } = [];

    public bool? EnableLocalTransactions { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Meta = fields.Nested(1, Meta, required: true);
        Throughput = fields.Nested(2, Throughput, required: true);
        Options = fields.Nested(3, Options);
        fields.List(4, Partitions);
        Stream = fields.Nested(5, Stream);
        Encryption = fields.Nested(6, Encryption);
        fields.List(7, Indexes);
        EnableLocalTransactions = fields.Flag(8, EnableLocalTransactions);
    }
}

/// <summary>A request that only names a table: DescribeTable, DeleteTable, ListSearchIndex and their time-series kin.</summary>
internal sealed class TableNameRequest : Message
{
    public string? TableName { get; set; }

    internal override void Describe(MessageFields fields) => TableName = fields.Text(1, TableName, required: true);
}

/// <summary>Reply of DescribeTable.</summary>
internal sealed class DescribeTableResponse : Message
{
    public TableMeta? Meta { get; set; }

    public ReservedThroughputDetails? Throughput { get; set; }

    public TableOptions? Options { get; set; }

    public TableStatus? Status { get; set; }

    public StreamDetails? Stream { get; set; }

    public List<ReadOnlyMemory<byte>> ShardSplits { get; } = [];

    public ServerSideEncryption? Encryption { get; set; }

    public List<IndexMeta> Indexes { get; } = [];

    public long? CreationTime { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Meta = fields.Nested(1, Meta, required: true);
        Throughput = fields.Nested(2, Throughput, required: true);
        Options = fields.Nested(3, Options, required: true);
        Status = fields.Choice(4, Status);
        Stream = fields.Nested(5, Stream);
        fields.BytesList(6, ShardSplits);
        Encryption = fields.Nested(7, Encryption);
        fields.List(8, Indexes);
        CreationTime = fields.Number(9, CreationTime);
    }
}

/// <summary>Reply of ListTable.</summary>
internal sealed class ListTableResponse : Message
{
    public List<string> TableNames { get; } = [];

    internal override void Describe(MessageFields fields) => fields.Texts(1, TableNames);
}

/// <summary>UpdateTable.</summary>
internal sealed class UpdateTableRequest : Message
{
    public string? TableName { get; set; }

    public ReservedThroughput? Throughput { get; set; }

    public TableOptions? Options { get; set; }

    public StreamSpecification? Stream { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        Throughput = fields.Nested(2, Throughput);
        Options = fields.Nested(3, Options);
        Stream = fields.Nested(4, Stream);
    }
}

/// <summary>Reply of UpdateTable.</summary>
internal sealed class UpdateTableResponse : Message
{
    public ReservedThroughputDetails? Throughput { get; set; }

    public TableOptions? Options { get; set; }

    public StreamDetails? Stream { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Throughput = fields.Nested(1, Throughput, required: true);
        Options = fields.Nested(2, Options, required: true);
        Stream = fields.Nested(3, Stream);
    }
}

/// <summary>CreateIndex.</summary>
internal sealed class CreateIndexRequest : Message
{
    public string? TableName { get; set; }

    public IndexMeta? Index { get; set; }

    public bool? IncludeBaseData { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        Index = fields.Nested(2, Index, required: true);
        IncludeBaseData = fields.Flag(3, IncludeBaseData);
    }
}

/// <summary>DropIndex and DescribeSearchIndex: a table and one of its indexes.</summary>
internal sealed class TableIndexRequest : Message
{
    public string? TableName { get; set; }

    public string? IndexName { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        IndexName = fields.Text(2, IndexName, required: true);
    }
}
