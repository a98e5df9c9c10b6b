using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tests.Connectors.Tablestore;

// Operations that the product does not use but the captures hold.

internal sealed class SqlQueryRequest : Message
{
    public string? Query { get; set; }

    public int? Version { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Query = fields.Text(1, Query, required: true);
        Version = fields.Int32(2, Version);
    }
}

internal sealed class SqlQueryResponse : Message
{
    public int? Type { get; set; }

    internal override void Describe(MessageFields fields) => Type = fields.Int32(4, Type);
}

internal sealed class StartTransactionRequest : Message
{
    public string? TableName { get; set; }

    public ReadOnlyMemory<byte>? Key { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        Key = fields.Bytes(2, Key, required: true);
    }
}

internal sealed class StartTransactionResponse : Message
{
    public string? TransactionId { get; set; }

    internal override void Describe(MessageFields fields) => TransactionId = fields.Text(1, TransactionId, required: true);
}

internal sealed class SearchIndexSplits : Message
{
    public string? IndexName { get; set; }

    internal override void Describe(MessageFields fields) => IndexName = fields.Text(1, IndexName);
}

internal sealed class ComputeSplitsRequest : Message
{
    public string? TableName { get; set; }

    public SearchIndexSplits? Index { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        Index = fields.Nested(2, Index);
    }
}

internal sealed class ComputeSplitsResponse : Message
{
    public ReadOnlyMemory<byte>? SessionId { get; set; }

    public int? Splits { get; set; }

    internal override void Describe(MessageFields fields)
    {
        SessionId = fields.Bytes(1, SessionId);
        Splits = fields.Int32(2, Splits);
    }
}
