using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.TestServers.Tablestore;

/// <summary>A row: versions of each column, newest first. It lives on without columns until it is deleted.</summary>
internal sealed class FakeRow(FakeKey key)
{
    public FakeKey Key { get; } = key;

    public SortedDictionary<string, SortedList<long, PlainValue>> Columns { get; } = new(StringComparer.Ordinal);

    public long WrittenAt { get; set; }

    public long Size { get; set; }
}

/// <summary>A wide-column table with its rows. Callers hold <see cref="Gate"/>.</summary>
internal sealed class FakeTable(TableMeta meta, TableOptions options, DateTimeOffset readyAt)
{
    private static readonly Comparer<long> NewestFirst = Comparer<long>.Create(static (a, b) => b.CompareTo(a));
    private readonly Dictionary<FakeKey, FakeRow> _rows = [];
    private FakeRow[]? _sorted = [];
    private long _nextAutoIncrement = 1_700_000_000_000_000;

    public object Gate { get; } = new();

    public TableMeta Meta { get; } = meta;

    public TableOptions Options { get; set; } = options;

    public DateTimeOffset ReadyAt { get; } = readyAt;

    public DateTimeOffset LastUpdate { get; set; } = DateTimeOffset.MinValue;

    public ReservedThroughput Throughput { get; init; } = new() { Units = new() { Read = 0, Write = 0 } };

    public StreamDetails? Stream { get; set; }

    public ServerSideEncryption? Encryption { get; init; }

    public List<IndexMeta> Indexes { get; } = [];

    public SortedDictionary<string, CreateSearchIndexRequest> SearchIndexes { get; } = new(StringComparer.Ordinal);

    public long CreatedAt { get; init; }

    /// <summary>The splits as they were asked for first.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? Splits { get; set; }

    /// <summary>Rows in order of their keys.</summary>
    public FakeRow[] Sorted => _sorted ??= [.. _rows.Values.OrderBy(r => r.Key)];

    public FakeRow? Find(FakeKey key) => _rows.GetValueOrDefault(key);

    public FakeRow FindOrAdd(FakeKey key)
    {
        if (_rows.TryGetValue(key, out var row))
            return row;
        row = new FakeRow(key);
        _rows.Add(key, row);
        _sorted = null;
        return row;
    }

    public void Remove(FakeKey key)
    {
        if (_rows.Remove(key))
            _sorted = null;
    }

    /// <summary>Puts a generated value where the key has a placeholder.</summary>
    public FakeKey Generate(FakeKey key) =>
        new([.. key.Values.Select(v => v.Type == PlainType.AutoIncrement ? PlainValue.Of(_nextAutoIncrement += 1000) : v)]);

    /// <summary>Sets a version of a column, keeping no more versions than the table keeps.</summary>
    public static void Set(FakeRow row, string column, long version, PlainValue value)
    {
        if (!row.Columns.TryGetValue(column, out var versions))
            row.Columns.Add(column, versions = new SortedList<long, PlainValue>(NewestFirst));
        versions[version] = value with { Bytes = value.Bytes.ToArray() };
        row.Size += 16 + column.Length + value.Bytes.Length;
    }

    /// <summary>The first version that time to live leaves visible.</summary>
    public long FirstVisible(long nowMs) => Options.TimeToLive is { } ttl and > 0 ? nowMs - (ttl * 1000L) : long.MinValue;

    /// <summary>Refuses a version outside the range that the options allow at this time.</summary>
    public void CheckVersion(long version, long nowMs)
    {
        var offset = Math.Min(Options.MaxVersionOffset ?? 86_400, long.MaxValue / 4000) * 1000;
        var first = Math.Max(nowMs - offset, FirstVisible(nowMs));
        if (version < 0 || version < first || version >= nowMs + offset)
            throw FakeError.Invalid($"The value of version is out of range [{first}, {nowMs + offset}).");
    }

    public IndexMeta? Index(string name) => Indexes.FirstOrDefault(i => i.Name == name);

    public FakeTable CheckReady(DateTimeOffset now) =>
        now >= ReadyAt ? this : throw new FakeError(404, ErrorCodes.TableNotReady, "The table is not ready.");
}
