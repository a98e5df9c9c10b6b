using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tablestore.Protocol.Messages;

/// <summary>A filter: its kind and the serialized message of that kind.</summary>
internal sealed class Filter : Message
{
    public FilterType? Type { get; set; }

    public ReadOnlyMemory<byte>? Content { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Type = fields.Choice(1, Type, required: true);
        Content = fields.Bytes(2, Content, required: true);
    }
}

/// <summary>Compares one column. Comparators: 1 equal, 2 not equal, 3 greater, 4 greater or equal, 5 less, 6 less or equal.</summary>
internal sealed class SingleColumnFilter : Message
{
    public int? Comparator { get; set; }

    public string? Column { get; set; }

    public ReadOnlyMemory<byte>? Value { get; set; }

    public bool? FilterIfMissing { get; set; }

    public bool? LatestVersionOnly { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Comparator = fields.Int32(1, Comparator, required: true);
        Column = fields.Text(2, Column, required: true);
        Value = fields.Bytes(3, Value, required: true);
        FilterIfMissing = fields.Flag(4, FilterIfMissing, required: true);
        LatestVersionOnly = fields.Flag(5, LatestVersionOnly, required: true);
    }
}

/// <summary>Combines filters. Combinators: 1 not, 2 and, 3 or.</summary>
internal sealed class CompositeFilter : Message
{
    public int? Combinator { get; set; }

    public List<Filter> Filters { get; } = [];

    internal override void Describe(MessageFields fields)
    {
        Combinator = fields.Int32(1, Combinator, required: true);
        fields.List(2, Filters);
    }
}

/// <summary>Takes a number of columns of a row, in the order of their names.</summary>
internal sealed class PaginationFilter : Message
{
    public int? Offset { get; set; }

    public int? Limit { get; set; }

    /// <summary>The filter as requests carry it.</summary>
    public static ReadOnlyMemory<byte> Of(int offset, int limit) => new Filter
    {
        Type = FilterType.Pagination,
        Content = new PaginationFilter { Offset = offset, Limit = limit }.Serialize(),
    }.Serialize();

    internal override void Describe(MessageFields fields)
    {
        Offset = fields.Int32(1, Offset, required: true);
        Limit = fields.Int32(2, Limit, required: true);
    }
}
