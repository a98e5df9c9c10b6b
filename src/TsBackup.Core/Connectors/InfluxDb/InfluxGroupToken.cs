using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>What reading a planned group needs besides its slices: which fields are unsigned.</summary>
/// <param name="Unsigned">
/// Names of unsigned fields by table. On the wire a small unsigned integer looks like a signed one, so the catalog has to say.
/// </param>
internal sealed record InfluxGroupToken(IReadOnlyDictionary<TableId, IReadOnlySet<string>> Unsigned)
{
    /// <summary>Slices that reach over shard groups in which a field has different types.</summary>
    public IReadOnlyDictionary<Slice, InfluxMixedTypes> Mixed { get; init; } = new Dictionary<Slice, InfluxMixedTypes>();

    /// <summary>True when slices of the group reach over shard groups and <see cref="Mixed"/> is not known yet.</summary>
    public bool SpansShards { get; init; }

    /// <summary>The unsigned fields of a table.</summary>
    public IReadOnlySet<string> UnsignedOf(TableId table) => Unsigned.GetValueOrDefault(table, EmptySet);

    /// <summary>Takes them from a catalog.</summary>
    public static InfluxGroupToken From(Catalog catalog) => new(catalog.Tables
        .Select(table => (table.Id, Fields: UnsignedOf(table)))
        .Where(pair => pair.Fields.Count > 0)
        .ToDictionary(pair => pair.Id, pair => pair.Fields));

    /// <summary>Takes them from a table.</summary>
    public static IReadOnlySet<string> UnsignedOf(TableSchema table) =>
        table.Columns
            .Where(c => c is { Role: ColumnRole.Value, Type: ColumnType.UInt64 })
            .Select(c => c.Name)
            .ToHashSet(StringComparer.Ordinal);

    private static readonly IReadOnlySet<string> EmptySet = new HashSet<string>();
}
