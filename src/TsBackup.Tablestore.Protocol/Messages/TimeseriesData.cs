using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tablestore.Protocol.Messages;

/// <summary>A tag of a series.</summary>
internal sealed class TimeseriesTag : Message
{
    public string? Name { get; set; }

    public string? Value { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Name = fields.Text(1, Name, required: true);
        Value = fields.Text(2, Value, required: true);
    }
}

/// <summary>Names a series. Tags come as a text <c>["k=v","k=v"]</c> or as a list.</summary>
internal sealed class TimeseriesKey : Message
{
    public string? Measurement { get; set; }

    public string? Source { get; set; }

    public string? Tags { get; set; }

    public List<TimeseriesTag> TagList { get; } = [];

    internal override void Describe(MessageFields fields)
    {
        Measurement = fields.Text(1, Measurement);
        Source = fields.Text(2, Source);
        Tags = fields.Text(3, Tags);
        fields.List(4, TagList);
    }
}

/// <summary>Rows on their way to a time-series table.</summary>
internal sealed class TimeseriesRows : Message
{
    public TimeseriesEncoding? Encoding { get; set; }

    public ReadOnlyMemory<byte>? Data { get; set; }

    public int? Crc32C { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Encoding = fields.Choice(1, Encoding, required: true);
        Data = fields.Bytes(2, Data, required: true);
        Crc32C = fields.Int32(3, Crc32C);
    }
}

/// <summary>PutTimeseriesData.</summary>
internal sealed class PutTimeseriesDataRequest : Message
{
    public string? TableName { get; set; }

    public TimeseriesRows? Rows { get; set; }

    public int? MetaUpdateMode { get; set; }

    public long? SupportedTableVersion { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        Rows = fields.Nested(2, Rows, required: true);
        MetaUpdateMode = fields.Int32(3, MetaUpdateMode);
        SupportedTableVersion = fields.Number(4, SupportedTableVersion);
    }
}

/// <summary>A row that was not taken.</summary>
internal sealed class FailedTimeseriesRow : Message
{
    public int? RowIndex { get; set; }

    public string? Code { get; set; }

    public string? Text { get; set; }

    internal override void Describe(MessageFields fields)
    {
        RowIndex = fields.Int32(1, RowIndex, required: true);
        Code = fields.Text(2, Code);
        Text = fields.Text(3, Text);
    }
}

/// <summary>Series whose meta data were written.</summary>
internal sealed class MetaUpdates : Message
{
    public List<long> RowIds { get; } = [];

    public List<long> UpdateTimes { get; } = [];

    internal override void Describe(MessageFields fields)
    {
        fields.Numbers(1, RowIds);
        fields.Numbers(2, UpdateTimes);
    }
}

/// <summary>Reply of PutTimeseriesData.</summary>
internal sealed class PutTimeseriesDataResponse : Message
{
    public List<FailedTimeseriesRow> FailedRows { get; } = [];

    public MetaUpdates? MetaUpdates { get; set; }

    internal override void Describe(MessageFields fields)
    {
        fields.List(1, FailedRows);
        MetaUpdates = fields.Nested(2, MetaUpdates);
    }
}

/// <summary>A field to read: name and type.</summary>
internal sealed class TimeseriesField : Message
{
    public string? Name { get; set; }

    public int? Type { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Name = fields.Text(1, Name, required: true);
        Type = fields.Int32(2, Type);
    }
}

/// <summary>GetTimeseriesData. Times in µs.</summary>
internal sealed class GetTimeseriesDataRequest : Message
{
    public string? TableName { get; set; }

    public TimeseriesKey? Key { get; set; }

    public long? BeginTime { get; set; }

    public long? EndTime { get; set; }

    public long? SpecificTime { get; set; }

    public ReadOnlyMemory<byte>? Token { get; set; }

    public int? Limit { get; set; }

    public bool? Backward { get; set; }

    public List<TimeseriesField> Fields { get; } = [];

    public long? SupportedTableVersion { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        Key = fields.Nested(2, Key, required: true);
        BeginTime = fields.Number(3, BeginTime);
        EndTime = fields.Number(4, EndTime);
        SpecificTime = fields.Number(5, SpecificTime);
        Token = fields.Bytes(6, Token);
        Limit = fields.Int32(7, Limit);
        Backward = fields.Flag(8, Backward);
        fields.List(9, Fields);
        SupportedTableVersion = fields.Number(10, SupportedTableVersion);
    }
}

/// <summary>Reply of GetTimeseriesData: rows as PlainBuffer.</summary>
internal sealed class GetTimeseriesDataResponse : Message
{
    public ReadOnlyMemory<byte>? Rows { get; set; }

    public ReadOnlyMemory<byte>? NextToken { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Rows = fields.Bytes(1, Rows, required: true);
        NextToken = fields.Bytes(2, NextToken);
    }
}

/// <summary>SplitTimeseriesScanTask.</summary>
internal sealed class SplitTimeseriesScanRequest : Message
{
    public string? TableName { get; set; }

    public string? Measurement { get; set; }

    public int? SplitCountHint { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        Measurement = fields.Text(2, Measurement);
        SplitCountHint = fields.Int32(3, SplitCountHint, required: true);
    }
}

/// <summary>Reply of SplitTimeseriesScanTask: opaque names of splits.</summary>
internal sealed class SplitTimeseriesScanResponse : Message
{
    public List<ReadOnlyMemory<byte>> Splits { get; } = [];

    internal override void Describe(MessageFields fields) => fields.BytesList(1, Splits);
}

/// <summary>ScanTimeseriesData. Times in µs: [start, end).</summary>
internal sealed class ScanTimeseriesDataRequest : Message
{
    public string? TableName { get; set; }

    public ReadOnlyMemory<byte>? Split { get; set; }

    public long? StartTime { get; set; }

    public long? EndTime { get; set; }

    public List<TimeseriesField> Fields { get; } = [];

    public int? Limit { get; set; }

    public TimeseriesEncoding? Encoding { get; set; }

    public ReadOnlyMemory<byte>? Token { get; set; }

    public long? SupportedTableVersion { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        Split = fields.Bytes(2, Split);
        StartTime = fields.Number(3, StartTime);
        EndTime = fields.Number(4, EndTime);
        fields.List(5, Fields);
        Limit = fields.Int32(6, Limit);
        Encoding = fields.Choice(7, Encoding);
        Token = fields.Bytes(8, Token);
        SupportedTableVersion = fields.Number(9, SupportedTableVersion);
    }
}

/// <summary>Reply of ScanTimeseriesData.</summary>
internal sealed class ScanTimeseriesDataResponse : Message
{
    public TimeseriesEncoding? Encoding { get; set; }

    public ReadOnlyMemory<byte>? Data { get; set; }

    public ReadOnlyMemory<byte>? NextToken { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Encoding = fields.Choice(1, Encoding, required: true);
        Data = fields.Bytes(2, Data, required: true);
        NextToken = fields.Bytes(3, NextToken);
    }
}
