using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tablestore.Protocol.Messages;

/// <summary>Options of a time-series table: time to live in seconds.</summary>
internal sealed class TimeseriesTableOptions : Message
{
    public long? TimeToLive { get; set; }

    internal override void Describe(MessageFields fields) => TimeToLive = fields.Number(1, TimeToLive);
}

/// <summary>Options of the meta data of a time-series table.</summary>
internal sealed class TimeseriesMetaOptions : Message
{
    public bool? AllowUpdateAttributes { get; set; }

    public long? MetaTimeToLive { get; set; }

    internal override void Describe(MessageFields fields)
    {
        AllowUpdateAttributes = fields.Flag(1, AllowUpdateAttributes);
        MetaTimeToLive = fields.Number(2, MetaTimeToLive);
    }
}

/// <summary>Definition of a time-series table.</summary>
internal sealed class TimeseriesTableMeta : Message
{
    public string? TableName { get; set; }

    public TimeseriesTableOptions? Options { get; set; }

    public string? Status { get; set; }

    public TimeseriesMetaOptions? MetaOptions { get; set; }

    public List<string> SeriesKeys { get; } = [];

    public List<PrimaryKeySchema> FieldPrimaryKeys { get; } = [];

    public bool? DisableHashPartitionKey { get; set; }

    public bool? DisableMetaIndex { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        Options = fields.Nested(2, Options);
        Status = fields.Text(3, Status);
        MetaOptions = fields.Nested(4, MetaOptions);
        fields.Texts(5, SeriesKeys);
        fields.List(6, FieldPrimaryKeys);
        DisableHashPartitionKey = fields.Flag(7, DisableHashPartitionKey);
        DisableMetaIndex = fields.Flag(8, DisableMetaIndex);
    }
}

/// <summary>An analytical store of a time-series table. Time to live in seconds; sync option 1 full, 2 incremental.</summary>
internal sealed class AnalyticalStore : Message
{
    public string? Name { get; set; }

    public long? TimeToLive { get; set; }

    public int? SyncOption { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Name = fields.Text(1, Name);
        TimeToLive = fields.Number(2, TimeToLive);
        SyncOption = fields.Int32(3, SyncOption);
    }
}

/// <summary>A lastpoint index.</summary>
internal sealed class LastpointIndex : Message
{
    public string? IndexTableName { get; set; }

    internal override void Describe(MessageFields fields) => IndexTableName = fields.Text(1, IndexTableName, required: true);
}

/// <summary>CreateTimeseriesTable.</summary>
internal sealed class CreateTimeseriesTableRequest : Message
{
    public TimeseriesTableMeta? Meta { get; set; }

    public List<AnalyticalStore> AnalyticalStores { get; } = [];

    public bool? EnableAnalyticalStore { get; set; }

    public List<LastpointIndex> LastpointIndexes { get; } = [];

    internal override void Describe(MessageFields fields)
    {
        Meta = fields.Nested(1, Meta, required: true);
        fields.List(3, AnalyticalStores);
        EnableAnalyticalStore = fields.Flag(4, EnableAnalyticalStore);
        fields.List(5, LastpointIndexes);
    }
}

/// <summary>Reply of DescribeTimeseriesTable.</summary>
internal sealed class DescribeTimeseriesTableResponse : Message
{
    public TimeseriesTableMeta? Meta { get; set; }

    public List<AnalyticalStore> AnalyticalStores { get; } = [];

    public List<LastpointIndex> LastpointIndexes { get; } = [];

    internal override void Describe(MessageFields fields)
    {
        Meta = fields.Nested(1, Meta, required: true);
        fields.List(2, AnalyticalStores);
        fields.List(3, LastpointIndexes);
    }
}

/// <summary>Reply of ListTimeseriesTable.</summary>
internal sealed class ListTimeseriesTableResponse : Message
{
    public List<TimeseriesTableMeta> Tables { get; } = [];

    internal override void Describe(MessageFields fields) => fields.List(1, Tables);
}

/// <summary>UpdateTimeseriesTable.</summary>
internal sealed class UpdateTimeseriesTableRequest : Message
{
    public string? TableName { get; set; }

    public TimeseriesTableOptions? Options { get; set; }

    public TimeseriesMetaOptions? MetaOptions { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        Options = fields.Nested(2, Options);
        MetaOptions = fields.Nested(3, MetaOptions);
    }
}
