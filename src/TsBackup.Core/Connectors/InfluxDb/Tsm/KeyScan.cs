using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>Finds the tables and columns of shards from the keys alone, without decoding values.</summary>
internal sealed class KeyScan
{
    private readonly Dictionary<TableId, HashSet<ColumnSchema>> _tables = [];

    /// <summary>The tables found.</summary>
    public List<TableSchema> Tables()
    {
        var tables = _tables.Select(pair => new TableSchema(pair.Key, Ordered(pair.Value))).ToList();
        tables.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        return tables;
    }

    /// <summary>Goes through the keys of a shard; returns its measurements in order.</summary>
    /// <param name="policy">Name of the retention policy.</param>
    /// <param name="files">The shard's files.</param>
    /// <param name="remark">Takes what the user must be told.</param>
    /// <param name="cancellation">Stops between keys.</param>
    public List<string> Add(string policy, ShardFiles files, Action<string>? remark, CancellationToken cancellation)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        var streams = files.OpenStreams(remark);
        try
        {
            foreach (var stream in streams)
                Scan(policy, stream, found, cancellation);
        }
        catch (TsmDamage damage)
        {
            throw new Errors.TsBackupException(
                Errors.ErrorId.SourceFileDamaged, $"A shard of retention policy '{policy}' cannot be read: {damage.Message}.", inner: damage);
        }
        finally
        {
            streams.ForEach(stream => stream.Dispose());
        }
        return [.. found];
    }

    private static List<ColumnSchema> Ordered(HashSet<ColumnSchema> columns)
    {
        var ordered = columns.Append(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp)).ToList();
        ordered.Sort(ColumnSchema.CompareCanonical);
        return ordered;
    }

    private void Scan(string policy, KeyStream stream, SortedSet<string> found, CancellationToken cancellation)
    {
        byte[] series = [];
        HashSet<ColumnSchema> columns = [];
        var tags = new HashSet<byte[]>(BytesComparer.Instance).GetAlternateLookup<ReadOnlySpan<byte>>();
        var fields = new HashSet<byte[]>(BytesComparer.Instance).GetAlternateLookup<ReadOnlySpan<byte>>();
        byte[] measurement = [];
        while (stream.MoveNext())
        {
            cancellation.ThrowIfCancellationRequested();
            var length = SeriesKey.SeriesLength(stream.Key);
            if (!stream.Key[..length].SequenceEqual(series))
            {
                series = stream.Key[..length].ToArray();
                var name = SeriesKey.MeasurementLength(series);
                if (!series.AsSpan(0, name).SequenceEqual(measurement))
                {
                    measurement = series[..name];
                    columns = ColumnsOf(new TableId(policy, SeriesKey.Measurement(measurement)), found);
                    tags.Set.Clear();
                    fields.Set.Clear();
                }
                ReadOnlySpan<byte> rest = name < length ? series.AsSpan(name + 1) : default;
                while (SeriesKey.NextTag(ref rest, out var tag, out _))
                {
                    if (tags.Add(tag))
                        columns.Add(new ColumnSchema(SeriesKey.Text(LineProtocolSyntax.UnescapeTag(tag)), ColumnRole.Key, ColumnType.String));
                }
            }
            if (stream.Blocks.Count == 0)
                continue;
            var field = stream.Key[(length + SeriesKey.Separator.Length)..];
            if (fields.Add(field) || !columns.Contains(new ColumnSchema(SeriesKey.Text(field), ColumnRole.Value, stream.Type.ToColumnType())))
                columns.Add(new ColumnSchema(SeriesKey.Text(field), ColumnRole.Value, stream.Type.ToColumnType()));
        }
    }

    private HashSet<ColumnSchema> ColumnsOf(TableId table, SortedSet<string> found)
    {
        found.Add(table.Name);
        if (!_tables.TryGetValue(table, out var columns))
            _tables[table] = columns = [];
        return columns;
    }
}
