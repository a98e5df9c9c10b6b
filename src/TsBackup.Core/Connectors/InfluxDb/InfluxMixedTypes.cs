using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>
/// How to read a slice over several shard groups in which a field has different types. A plain query would turn integers into floats
/// and leave the other types out. So each such field is asked for once per type, over the whole slice, and of each row that value is
/// taken whose type is the one of the row's own shard group; the others are the server's conversions.
/// </summary>
internal sealed class InfluxMixedTypes
{
    private readonly List<(string Field, ColumnType Type, bool IsMixed)> _columns = [];
    private readonly Dictionary<string, ColumnType[]> _natives = new(StringComparer.Ordinal);
    private readonly TimeRange[] _parts;

    private InfluxMixedTypes(TimeRange[] parts) => _parts = parts;

    /// <summary>The list of fields for SELECT.</summary>
    public string Select => string.Join(", ", _columns.Select((column, i) =>
        $"{InfluxQl.Name(column.Field)}::{(column.IsMixed ? Word(column.Type) : "field")} AS \"c{i}\""));

    /// <summary>True when a field of the table has several types.</summary>
    public static bool HasConflicts(TableSchema table) => Conflicts(table).Count > 0;

    /// <summary>Finds out which type each such field has in each shard group of a slice; null when one query tells all.</summary>
    public static async Task<InfluxMixedTypes?> FindAsync(
        InfluxApi api, InfluxCatalogReader catalog, TableSchema table, Slice slice, CancellationToken cancellation)
    {
        var policy = table.Id.Group;
        if (policy.Length == 0)
            policy = (await catalog.PoliciesAsync(cancellation).ConfigureAwait(false)).FirstOrDefault(p => p.IsDefault)?.Name ?? "";
        var shards = await InfluxShardGroup.ReadAllAsync(api, cancellation).ConfigureAwait(false);
        var parts = shards.Where(shard => shard.Policy == policy).Select(shard => shard.Window.Intersect(slice.Window))
            .Where(part => !part.IsEmpty).ToArray();
        if (parts.Length < 2)
            return null;
        if (ShardOverlaps.Join(parts, _ => policy, part => part).Count < parts.Length)
        {
            throw new TsBackupException(
                ErrorId.CapabilityMissing,
                $"{table.Id} of {api.Target} has a field of several types, and shard groups that overlap: "
                + "queries do not tell which type a row has.",
                api.Target,
                "Read through the snapshot port: ?snapshot=host:port.");
        }
        var mixed = new InfluxMixedTypes(parts);
        var conflicts = Conflicts(table);
        foreach (var column in table.Columns.Where(column => column.Role == ColumnRole.Value))
            mixed._columns.Add((column.Name, column.Type, conflicts.Contains(column.Name)));
        foreach (var field in conflicts)
        {
            var natives = new ColumnType[parts.Length];
            for (var i = 0; i < parts.Length; i++)
                natives[i] = await NativeAsync(api, table.Id, field, parts[i], cancellation).ConfigureAwait(false);
            mixed._natives.Add(field, natives);
        }
        return mixed;
    }

    /// <summary>The field of a column of the reply, counted without the time.</summary>
    public string FieldOf(int column) => _columns[column].Field;

    /// <summary>The shard group of a time, for <see cref="IsNative"/>.</summary>
    public int PartOf(long time) => Array.FindIndex(_parts, part => part.Contains(time));

    /// <summary>True when the column has the type that its field has in that shard group.</summary>
    public bool IsNative(int column, int part)
    {
        var (field, type, isMixed) = _columns[column];
        return !isMixed || (part >= 0 && _natives[field][part] == type);
    }

    private static HashSet<string> Conflicts(TableSchema table) => table.Columns.Where(column => column.Role == ColumnRole.Value)
        .GroupBy(column => column.Name, StringComparer.Ordinal).Where(types => types.Count() > 1).Select(types => types.Key)
        .ToHashSet(StringComparer.Ordinal);

    private static async Task<ColumnType> NativeAsync(
        InfluxApi api, TableId table, string field, TimeRange part, CancellationToken cancellation)
    {
        var statement = $"SELECT {InfluxQl.Name(field)}::field AS \"v\" FROM {InfluxQl.Source(api.Database, table)} "
            + $"WHERE {InfluxQl.Times(part)} LIMIT 1";
        var rows = await api.QueryAsync(statement, cancellation).ConfigureAwait(false);
        return rows.Count == 0 ? 0 : rows[0].Values["v"] switch
        {
            double => ColumnType.Float64,
            long => ColumnType.Int64,
            bool => ColumnType.Boolean,
            string => ColumnType.String,
            _ => 0,
        };
    }

    private static string Word(ColumnType type) => type switch
    {
        ColumnType.Float64 => "float",
        ColumnType.Int64 => "integer",
        ColumnType.UInt64 => "unsigned",
        ColumnType.Boolean => "boolean",
        _ => "string",
    };
}
