using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>A window of a retention policy: its shard, and what the server has been told of it.</summary>
internal sealed class WindowShard(string policy, long index)
{
    private readonly Dictionary<string, Dictionary<string, ColumnSchema>> _tables = new(StringComparer.Ordinal);
    private readonly List<Seed> _seeds = [];
    private readonly Lock _lock = new();

    /// <summary>The retention policy.</summary>
    public string Policy => policy;

    /// <summary>Number of the window.</summary>
    public long Index => index;

    /// <summary>Number of the shard; 0 as long as it is not known.</summary>
    public ulong Shard { get; set; }

    /// <summary>Value columns of a batch that the server does not know in the shard; null when a type conflicts with what it knows.</summary>
    public List<Column>? MissingOf(string table, Batch batch)
    {
        var missing = new List<Column>();
        lock (_lock)
        {
            var fields = _tables.GetValueOrDefault(table);
            foreach (var column in batch.Columns)
            {
                if (column.Schema.Role != ColumnRole.Value)
                    continue;
                if (fields is null || !fields.TryGetValue(column.Schema.Name, out var known))
                    missing.Add(column);
                else if (known.Type != column.Schema.Type)
                    return null;
            }
        }
        return missing;
    }

    /// <summary>The server knows these fields now.</summary>
    public void Know(string table, IEnumerable<Column> columns)
    {
        lock (_lock)
        {
            if (!_tables.TryGetValue(table, out var fields))
                _tables.Add(table, fields = new Dictionary<string, ColumnSchema>(StringComparer.Ordinal));
            foreach (var column in columns)
                fields[column.Schema.Name] = column.Schema;
        }
    }

    /// <summary>A row came into the shard by line protocol.</summary>
    public void AddSeed(byte[] series, long time)
    {
        lock (_lock)
            _seeds.Add(new Seed([.. series, .. SeriesKey.Separator], time));
    }

    /// <summary>True when a value may have come into the shard by line protocol.</summary>
    public bool IsSeed(byte[] key, long time)
    {
        lock (_lock)
            return _seeds.Exists(seed => seed.Time == time && key.AsSpan().StartsWith(seed.Prefix));
    }

    private sealed record Seed(byte[] Prefix, long Time);
}
