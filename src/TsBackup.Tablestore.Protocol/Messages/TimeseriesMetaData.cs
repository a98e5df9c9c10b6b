using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tablestore.Protocol.Messages;

/// <summary>Meta data of a series. Attributes come as a text <c>["k=v","k=v"]</c>; times in µs.</summary>
internal sealed class TimeseriesMeta : Message
{
    public TimeseriesKey? Key { get; set; }

    public string? Attributes { get; set; }

    public long? UpdateTime { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Key = fields.Nested(1, Key, required: true);
        Attributes = fields.Text(2, Attributes);
        UpdateTime = fields.Number(3, UpdateTime);
    }
}

/// <summary>QueryTimeseriesMeta. The condition stays raw: none is needed to read everything.</summary>
internal sealed class QueryTimeseriesMetaRequest : Message
{
    public string? TableName { get; set; }

    public ReadOnlyMemory<byte>? Condition { get; set; }

    public bool? GetTotalHits { get; set; }

    public ReadOnlyMemory<byte>? Token { get; set; }

    public int? Limit { get; set; }

    public long? SupportedTableVersion { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        Condition = fields.Bytes(2, Condition);
        GetTotalHits = fields.Flag(3, GetTotalHits);
        Token = fields.Bytes(4, Token);
        Limit = fields.Int32(5, Limit);
        SupportedTableVersion = fields.Number(6, SupportedTableVersion);
    }
}

/// <summary>Reply of QueryTimeseriesMeta.</summary>
internal sealed class QueryTimeseriesMetaResponse : Message
{
    public List<TimeseriesMeta> Metas { get; } = [];

    public long? TotalHits { get; set; }

    public ReadOnlyMemory<byte>? NextToken { get; set; }

    internal override void Describe(MessageFields fields)
    {
        fields.List(1, Metas);
        TotalHits = fields.Number(2, TotalHits);
        NextToken = fields.Bytes(3, NextToken);
    }
}

/// <summary>UpdateTimeseriesMeta.</summary>
internal sealed class UpdateTimeseriesMetaRequest : Message
{
    public string? TableName { get; set; }

    public List<TimeseriesMeta> Metas { get; } = [];

    public long? SupportedTableVersion { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        fields.List(2, Metas);
        SupportedTableVersion = fields.Number(3, SupportedTableVersion);
    }
}

/// <summary>Reply of UpdateTimeseriesMeta.</summary>
internal sealed class UpdateTimeseriesMetaResponse : Message
{
    public List<FailedTimeseriesRow> FailedRows { get; } = [];

    internal override void Describe(MessageFields fields) => fields.List(1, FailedRows);
}
