using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tablestore.Protocol.Messages;

/// <summary>A primary key column.</summary>
internal sealed class PrimaryKeySchema : Message
{
    public string? Name { get; set; }

    public PrimaryKeyType? Type { get; set; }

    public PrimaryKeyOption? Option { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Name = fields.Text(1, Name, required: true);
        Type = fields.Choice(2, Type, required: true);
        Option = fields.Choice(3, Option);
    }
}

/// <summary>A predefined column.</summary>
internal sealed class DefinedColumnSchema : Message
{
    public string? Name { get; set; }

    public DefinedColumnType? Type { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Name = fields.Text(1, Name, required: true);
        Type = fields.Choice(2, Type, required: true);
    }
}

/// <summary>Name and columns of a table.</summary>
internal sealed class TableMeta : Message
{
    public string? TableName { get; set; }

    public List<PrimaryKeySchema> PrimaryKey { get; } = [];

    public List<DefinedColumnSchema> DefinedColumns { get; } = [];

    public string? TableId { get; set; }

    public string? GlobalTableId { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        fields.List(2, PrimaryKey);
        fields.List(3, DefinedColumns);
        TableId = fields.Text(5, TableId);
        GlobalTableId = fields.Text(6, GlobalTableId);
    }
}

/// <summary>Options of a table. Times are in seconds; −1 = for ever.</summary>
internal sealed class TableOptions : Message
{
    public int? TimeToLive { get; set; }

    public int? MaxVersions { get; set; }

    public long? MaxVersionOffset { get; set; }

    public bool? AllowUpdate { get; set; }

    public bool? UpdateFullRow { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TimeToLive = fields.Int32(1, TimeToLive);
        MaxVersions = fields.Int32(2, MaxVersions);
        MaxVersionOffset = fields.Number(5, MaxVersionOffset);
        AllowUpdate = fields.Flag(6, AllowUpdate);
        UpdateFullRow = fields.Flag(7, UpdateFullRow);
    }
}

/// <summary>A secondary index.</summary>
internal sealed class IndexMeta : Message
{
    public string? Name { get; set; }

    public List<string> PrimaryKey { get; } = [];

    public List<string> DefinedColumns { get; } = [];

    public IndexUpdateMode? UpdateMode { get; set; }

    public IndexType? Type { get; set; }

    public IndexSyncPhase? SyncPhase { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Name = fields.Text(1, Name, required: true);
        fields.Texts(2, PrimaryKey);
        fields.Texts(3, DefinedColumns);
        UpdateMode = fields.Choice(4, UpdateMode, required: true);
        Type = fields.Choice(5, Type, required: true);
        SyncPhase = fields.Choice(6, SyncPhase);
    }
}

/// <summary>Capacity units.</summary>
internal sealed class CapacityUnit : Message
{
    public int? Read { get; set; }

    public int? Write { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Read = fields.Int32(1, Read);
        Write = fields.Int32(2, Write);
    }
}

/// <summary>Bytes that an operation moved.</summary>
internal sealed class CapacityDataSize : Message
{
    public long? Read { get; set; }

    public long? Write { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Read = fields.Number(1, Read);
        Write = fields.Number(2, Write);
    }
}

/// <summary>What an operation cost.</summary>
internal sealed class ConsumedCapacity : Message
{
    public CapacityUnit? Units { get; set; }

    public CapacityDataSize? DataSize { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Units = fields.Nested(1, Units, required: true);
        DataSize = fields.Nested(2, DataSize);
    }
}

/// <summary>Throughput to reserve.</summary>
internal sealed class ReservedThroughput : Message
{
    public CapacityUnit? Units { get; set; }

    internal override void Describe(MessageFields fields) => Units = fields.Nested(1, Units, required: true);
}

/// <summary>Reserved throughput as it stands.</summary>
internal sealed class ReservedThroughputDetails : Message
{
    public CapacityUnit? Units { get; set; }

    public long? LastIncreaseTime { get; set; }

    public long? LastDecreaseTime { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Units = fields.Nested(1, Units, required: true);
        LastIncreaseTime = fields.Number(2, LastIncreaseTime, required: true);
        LastDecreaseTime = fields.Number(3, LastDecreaseTime);
    }
}

/// <summary>A stream to have. Expiration in hours.</summary>
internal sealed class StreamSpecification : Message
{
    public bool? Enable { get; set; }

    public int? ExpirationHours { get; set; }

    public List<string> Columns { get; } = [];

    internal override void Describe(MessageFields fields)
    {
        Enable = fields.Flag(1, Enable, required: true);
        ExpirationHours = fields.Int32(2, ExpirationHours);
        fields.Texts(3, Columns);
    }
}

/// <summary>A stream as it stands.</summary>
internal sealed class StreamDetails : Message
{
    public bool? Enable { get; set; }

    public string? StreamId { get; set; }

    public int? ExpirationHours { get; set; }

    public long? LastEnableTime { get; set; }

    public List<string> Columns { get; } = [];

    internal override void Describe(MessageFields fields)
    {
        Enable = fields.Flag(1, Enable, required: true);
        StreamId = fields.Text(2, StreamId);
        ExpirationHours = fields.Int32(3, ExpirationHours);
        LastEnableTime = fields.Number(4, LastEnableTime);
        fields.Texts(5, Columns);
    }
}

/// <summary>Encryption at rest: the same fields to ask for it and to report it.</summary>
internal sealed class ServerSideEncryption : Message
{
    public bool? Enable { get; set; }

    public EncryptionKeyType? KeyType { get; set; }

    public ReadOnlyMemory<byte>? KeyId { get; set; }

    public ReadOnlyMemory<byte>? RoleArn { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Enable = fields.Flag(1, Enable, required: true);
        KeyType = fields.Choice(2, KeyType);
        KeyId = fields.Bytes(3, KeyId);
        RoleArn = fields.Bytes(4, RoleArn);
    }
}
