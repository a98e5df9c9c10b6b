using System.Runtime.InteropServices;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>Reads a file once to learn its tables, columns, days and order.</summary>
internal sealed class FileScanner
{
    private const int MaxKnownSeries = 1 << 16;
    private const long MaxTracked = 4 << 20;

    private readonly Dictionary<string, TableIndex> _tables = new(StringComparer.Ordinal);
    private readonly Dictionary<byte[], TableIndex> _series = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], TableIndex>.AlternateLookup<ReadOnlySpan<byte>> _seriesLookup;
    private readonly Dictionary<TableIndex, bool[]> _seenFields = [];
    private readonly Dictionary<DayIndex, DayOrder> _orders = [];
    private long _tracked;

    private FileScanner() => _seriesLookup = _series.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Scans a file. What is wrong with the file itself is in the index; only cancellation throws.</summary>
    public static FileIndex Scan(StoreFile file, long unit, CancellationToken cancellation)
    {
        var scanner = new FileScanner();
        try
        {
            using var stream = file.Open();
            using var parser = new LineProtocolParser(stream, file.Name, unit);
            scanner.ReadAll(parser, cancellation);
            return new FileIndex(file, scanner._tables, null);
        }
        catch (TsBackupException error)
        {
            return new FileIndex(file, scanner._tables, error);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            return new FileIndex(file, scanner._tables, FileErrors.Reading(error, file.Path));
        }
    }

    private void ReadAll(LineProtocolParser parser, CancellationToken cancellation)
    {
        TableIndex? table = null;
        bool[] seen = [];
        DayIndex? day = null;
        DayOrder? order = null;
        var dayNumber = 0L;
        var hash = 0UL;
        var change = -1L;
        while (parser.Read(cancellation))
        {
            if (change != parser.SeriesChanges)
            {
                change = parser.SeriesChanges;
                var next = TableOf(parser.Series);
                if (!ReferenceEquals(next, table))
                {
                    table = next;
                    day = null;
                    seen = CollectionsMarshal.GetValueRefOrAddDefault(_seenFields, table, out _) ?? [];
                }
                hash = HashOf(parser.Series);
            }
            var number = Day.Of(parser.Time);
            if (day is null || number != dayNumber)
            {
                dayNumber = number;
                day = DayOf(table!, number, out order);
            }
            NoteRow(day, order!, hash, parser.Time);
            NoteFields(table!, ref seen, parser);
        }
    }

    private TableIndex TableOf(ReadOnlySpan<byte> series)
    {
        if (_seriesLookup.TryGetValue(series, out var known))
            return known;
        var parts = LineSeries.Parse(series);
        ref var table = ref CollectionsMarshal.GetValueRefOrAddDefault(_tables, parts.Measurement, out _);
        table ??= new TableIndex();
        foreach (var tag in parts.Tags)
            table.Columns.Add(new ColumnSchema(tag.Key, ColumnRole.Key, ColumnType.String));
        if (_series.Count < MaxKnownSeries)
            _series.Add(series.ToArray(), table);
        return table;
    }

    private DayIndex DayOf(TableIndex table, long number, out DayOrder order)
    {
        ref var day = ref CollectionsMarshal.GetValueRefOrAddDefault(table.Days, number, out _);
        day ??= new DayIndex();
        ref var found = ref CollectionsMarshal.GetValueRefOrAddDefault(_orders, day, out _);
        order = found ??= new DayOrder();
        return day;
    }

    private void NoteRow(DayIndex day, DayOrder order, ulong hash, long time)
    {
        day.Rows++;
        day.First = Math.Min(day.First, time);
        day.Last = Math.Max(day.Last, time);
        if (!day.IsOrdered)
            return;
        if (order.Rows++ > 0 && order.Series == hash)
        {
            day.IsOrdered = time > order.Time;
        }
        else
        {
            // Equal hashes of two series only make the day look unordered, which costs time and nothing else.
            day.IsOrdered = order.Seen.Add(hash) && ++_tracked <= MaxTracked;
            order.Series = hash;
        }
        order.Time = time;
        if (day.IsOrdered)
            return;
        _tracked -= order.Seen.Count;
        order.Seen.Clear();
        order.Seen.TrimExcess();
    }

    private void NoteFields(TableIndex table, ref bool[] seen, LineProtocolParser parser)
    {
        foreach (ref readonly var field in parser.Fields)
        {
            var slot = (field.Key << 4) | (int)field.Type;
            if (slot < seen.Length && seen[slot])
                continue;
            if (slot >= seen.Length)
            {
                Array.Resize(ref seen, Math.Max(slot + 16, seen.Length * 2));
                _seenFields[table] = seen;
            }
            seen[slot] = true;
            table.Columns.Add(new ColumnSchema(parser.FieldName(field.Key), ColumnRole.Value, field.Type));
        }
    }

    private static ulong HashOf(ReadOnlySpan<byte> bytes)
    {
        const ulong prime = 0x9E3779B97F4A7C15;
        var hash = (ulong)bytes.Length * prime;
        while (bytes.Length >= 8)
        {
            hash = (hash ^ MemoryMarshal.Read<ulong>(bytes)) * prime;
            hash ^= hash >> 29;
            bytes = bytes[8..];
        }
        foreach (var b in bytes)
            hash = ((hash ^ b) * prime) ^ (hash >> 31);
        return hash ^ (hash >> 32);
    }

    private sealed class DayOrder
    {
        public HashSet<ulong> Seen { get; } = [];

        public long Rows { get; set; }

        public ulong Series { get; set; }

        public long Time { get; set; }
    }
}
