using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tablestore.Protocol.Messages;

/// <summary>A condition on a write.</summary>
internal sealed class Condition : Message
{
    public RowExistence? RowExistence { get; set; }

    public ReadOnlyMemory<byte>? ColumnCondition { get; set; }

    internal override void Describe(MessageFields fields)
    {
        RowExistence = fields.Choice(1, RowExistence, required: true);
        ColumnCondition = fields.Bytes(2, ColumnCondition);
    }
}

/// <summary>What a write is to return.</summary>
internal sealed class ReturnContent : Message
{
    public ReturnType? Type { get; set; }

    public List<string> Columns { get; } = [];

    internal override void Describe(MessageFields fields)
    {
        Type = fields.Choice(1, Type);
        fields.Texts(2, Columns);
    }
}

/// <summary>Versions to read, in ms: [start, end) or one.</summary>
internal sealed class VersionRange : Message
{
    public long? Start { get; set; }

    public long? End { get; set; }

    public long? Specific { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Start = fields.Number(1, Start);
        End = fields.Number(2, End);
        Specific = fields.Number(3, Specific);
    }
}

/// <summary>PutRow, UpdateRow, DeleteRow: one shape.</summary>
internal sealed class RowChangeRequest : Message
{
    public string? TableName { get; set; }

    public ReadOnlyMemory<byte>? Row { get; set; }

    public Condition? Condition { get; set; }

    public ReturnContent? Return { get; set; }

    public string? TransactionId { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        Row = fields.Bytes(2, Row, required: true);
        Condition = fields.Nested(3, Condition, required: true);
        Return = fields.Nested(4, Return);
        TransactionId = fields.Text(5, TransactionId);
    }
}

/// <summary>Reply of PutRow, UpdateRow, DeleteRow.</summary>
internal sealed class RowChangeResponse : Message
{
    public ConsumedCapacity? Consumed { get; set; }

    public ReadOnlyMemory<byte>? Row { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Consumed = fields.Nested(1, Consumed, required: true);
        Row = fields.Bytes(2, Row);
    }
}

/// <summary>GetRow.</summary>
internal sealed class GetRowRequest : Message
{
    public string? TableName { get; set; }

    public ReadOnlyMemory<byte>? PrimaryKey { get; set; }

    public List<string> Columns { get; } = [];

    public VersionRange? TimeRange { get; set; }

    public int? MaxVersions { get; set; }

    public bool? CacheBlocks { get; set; }

    public ReadOnlyMemory<byte>? Filter { get; set; }

    public string? StartColumn { get; set; }

    public string? EndColumn { get; set; }

    public ReadOnlyMemory<byte>? Token { get; set; }

    public string? TransactionId { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        PrimaryKey = fields.Bytes(2, PrimaryKey, required: true);
        fields.Texts(3, Columns);
        TimeRange = fields.Nested(4, TimeRange);
        MaxVersions = fields.Int32(5, MaxVersions);
        CacheBlocks = fields.Flag(6, CacheBlocks);
        Filter = fields.Bytes(7, Filter);
        StartColumn = fields.Text(8, StartColumn);
        EndColumn = fields.Text(9, EndColumn);
        Token = fields.Bytes(10, Token);
        TransactionId = fields.Text(11, TransactionId);
    }
}

/// <summary>Reply of GetRow.</summary>
internal sealed class GetRowResponse : Message
{
    public ConsumedCapacity? Consumed { get; set; }

    public ReadOnlyMemory<byte>? Row { get; set; }

    public ReadOnlyMemory<byte>? NextToken { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Consumed = fields.Nested(1, Consumed, required: true);
        Row = fields.Bytes(2, Row, required: true);
        NextToken = fields.Bytes(3, NextToken);
    }
}

/// <summary>GetRange.</summary>
internal sealed class GetRangeRequest : Message
{
    public string? TableName { get; set; }

    public Direction? Direction { get; set; }

    public List<string> Columns { get; } = [];

    public VersionRange? TimeRange { get; set; }

    public int? MaxVersions { get; set; }

    public int? Limit { get; set; }

    public ReadOnlyMemory<byte>? InclusiveStart { get; set; }

    public ReadOnlyMemory<byte>? ExclusiveEnd { get; set; }

    public bool? CacheBlocks { get; set; }

    public ReadOnlyMemory<byte>? Filter { get; set; }

    public string? StartColumn { get; set; }

    public string? EndColumn { get; set; }

    public ReadOnlyMemory<byte>? Token { get; set; }

    public string? TransactionId { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        Direction = fields.Choice(2, Direction, required: true);
        fields.Texts(3, Columns);
        TimeRange = fields.Nested(4, TimeRange);
        MaxVersions = fields.Int32(5, MaxVersions);
        Limit = fields.Int32(6, Limit);
        InclusiveStart = fields.Bytes(7, InclusiveStart, required: true);
        ExclusiveEnd = fields.Bytes(8, ExclusiveEnd, required: true);
        CacheBlocks = fields.Flag(9, CacheBlocks);
        Filter = fields.Bytes(10, Filter);
        StartColumn = fields.Text(11, StartColumn);
        EndColumn = fields.Text(12, EndColumn);
        Token = fields.Bytes(13, Token);
        TransactionId = fields.Text(14, TransactionId);
    }
}

/// <summary>Reply of GetRange.</summary>
internal sealed class GetRangeResponse : Message
{
    public ConsumedCapacity? Consumed { get; set; }

    public ReadOnlyMemory<byte>? Rows { get; set; }

    public ReadOnlyMemory<byte>? NextStart { get; set; }

    public ReadOnlyMemory<byte>? NextToken { get; set; }

    public DataBlockType? BlockType { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Consumed = fields.Nested(1, Consumed, required: true);
        Rows = fields.Bytes(2, Rows, required: true);
        NextStart = fields.Bytes(3, NextStart);
        NextToken = fields.Bytes(4, NextToken);
        BlockType = fields.Choice(5, BlockType);
    }
}

/// <summary>ComputeSplitPointsBySize.</summary>
internal sealed class ComputeSplitPointsRequest : Message
{
    public string? TableName { get; set; }

    public long? SplitSize { get; set; }

    public long? SplitSizeUnit { get; set; }

    public int? Limit { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        SplitSize = fields.Number(2, SplitSize, required: true);
        SplitSizeUnit = fields.Number(3, SplitSizeUnit);
        Limit = fields.Int32(4, Limit);
    }
}

/// <summary>Where neighbouring splits lie.</summary>
internal sealed class SplitLocation : Message
{
    public string? Location { get; set; }

    public long? Repeat { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Location = fields.Text(1, Location, required: true);
        Repeat = fields.ZigZag(2, Repeat, required: true);
    }
}

/// <summary>Reply of ComputeSplitPointsBySize. Trailing key columns that a point omits mean INF_MIN.</summary>
internal sealed class ComputeSplitPointsResponse : Message
{
    public ConsumedCapacity? Consumed { get; set; }

    public List<PrimaryKeySchema> Schema { get; } = [];

    public List<ReadOnlyMemory<byte>> SplitPoints { get; } = [];

    public List<SplitLocation> Locations { get; } = [];

    internal override void Describe(MessageFields fields)
    {
        Consumed = fields.Nested(1, Consumed, required: true);
        fields.List(2, Schema);
        fields.BytesList(3, SplitPoints);
        fields.List(4, Locations);
    }
}
