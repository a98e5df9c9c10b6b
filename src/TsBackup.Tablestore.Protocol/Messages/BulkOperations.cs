using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tablestore.Protocol.Messages;

/// <summary>One row of BulkImport.</summary>
internal sealed class RowInBulk : Message
{
    public OperationType? Type { get; set; }

    public ReadOnlyMemory<byte>? Row { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Type = fields.Choice(1, Type, required: true);
        Row = fields.Bytes(2, Row, required: true);
    }
}

/// <summary>BulkImport.</summary>
internal sealed class BulkImportRequest : Message
{
    public string? TableName { get; set; }

    public List<RowInBulk> Rows { get; } = [];

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        fields.List(2, Rows);
    }
}

/// <summary>BulkExport. It cannot ask for several versions of a cell, so a backup does not use it.</summary>
internal sealed class BulkExportRequest : Message
{
    public string? TableName { get; set; }

    public List<string> Columns { get; } = [];

    public ReadOnlyMemory<byte>? InclusiveStart { get; set; }

    public ReadOnlyMemory<byte>? ExclusiveEnd { get; set; }

    public ReadOnlyMemory<byte>? Filter { get; set; }

    public DataBlockType? BlockTypeHint { get; set; }

    internal override void Describe(MessageFields fields)
    {
        TableName = fields.Text(1, TableName, required: true);
        fields.Texts(2, Columns);
        InclusiveStart = fields.Bytes(3, InclusiveStart, required: true);
        ExclusiveEnd = fields.Bytes(4, ExclusiveEnd, required: true);
        Filter = fields.Bytes(5, Filter);
        BlockTypeHint = fields.Choice(6, BlockTypeHint);
    }
}

/// <summary>Reply of BulkExport.</summary>
internal sealed class BulkExportResponse : Message
{
    public ConsumedCapacity? Consumed { get; set; }

    public ReadOnlyMemory<byte>? Rows { get; set; }

    public ReadOnlyMemory<byte>? NextStart { get; set; }

    public DataBlockType? BlockType { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Consumed = fields.Nested(1, Consumed, required: true);
        Rows = fields.Bytes(2, Rows, required: true);
        NextStart = fields.Bytes(3, NextStart);
        BlockType = fields.Choice(4, BlockType);
    }
}
