using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tablestore.Protocol.Messages;

/// <summary>Names a search index.</summary>
internal sealed class SearchIndexName : Message
{
    public string? TableName { get; set; }

    public string? IndexName { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName);
        IndexName = fields.Text(2, IndexName);
    }
}

/// <summary>Reply of ListSearchIndex.</summary>
internal sealed class ListSearchIndexResponse : Message
{
    public List<SearchIndexName> Indexes { get; } = [];

    internal override void Describe(MessageFields fields) => fields.List(1, Indexes);
}

/// <summary>
/// Reply of DescribeSearchIndex. The schema stays raw: what is sent back to the service is what came from it, whatever kinds of
/// fields it may learn. Parts that describe a state stay among the unknown fields.
/// </summary>
internal sealed class DescribeSearchIndexResponse : Message
{
    public ReadOnlyMemory<byte>? Schema { get; set; }

    public string? BrotherIndexName { get; set; }

    public int? TimeToLive { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Schema = fields.Bytes(1, Schema);
        BrotherIndexName = fields.Text(4, BrotherIndexName);
        TimeToLive = fields.Int32(7, TimeToLive);
    }
}

/// <summary>CreateSearchIndex.</summary>
internal sealed class CreateSearchIndexRequest : Message
{
    public string? TableName { get; set; }

    public string? IndexName { get; set; }

    public ReadOnlyMemory<byte>? Schema { get; set; }

    public string? SourceIndexName { get; set; }

    public int? TimeToLive { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        IndexName = fields.Text(2, IndexName, required: true);
        Schema = fields.Bytes(3, Schema);
        SourceIndexName = fields.Text(4, SourceIndexName);
        TimeToLive = fields.Int32(5, TimeToLive);
    }
}
