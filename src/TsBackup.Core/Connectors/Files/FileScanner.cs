using System.Runtime.InteropServices;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>Reads a file once to learn its tables, columns, days and order.</summary>
internal sealed class FileScanner
{
    private const long MaxTracked = 4 << 20;
    private const int MaxDays = 1 << 16;
    private const int FewDays = 64;

    private readonly Dictionary<string, TableIndex> _tables = new(StringComparer.Ordinal);
    private readonly List<(TableIndex? Table, ulong Hash)> _series = [];
    private readonly Dictionary<TableIndex, bool[]> _seenFields = [];
    private readonly Dictionary<DayIndex, DayOrder> _orders = [];
    private long _tracked;
    private int _days;
    private int _maxDays = MaxDays;

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
                var next = TableOf(parser, out hash);
                if (!ReferenceEquals(next, table))
                {
                    table = next;
                    day = null;
                    seen = CollectionsMarshal.GetValueRefOrAddDefault(_seenFields, table, out _) ?? [];
                }
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

    private TableIndex TableOf(LineProtocolParser parser, out ulong hash)
    {
        var number = parser.SeriesNumber;
        if (number >= 0 && number < _series.Count && _series[number].Table is { } known)
        {
            hash = _series[number].Hash;
            return known;
        }
        hash = BytesComparer.Hash(parser.Series);
        var parts = LineSeries.Parse(parser.Series);
        ref var table = ref CollectionsMarshal.GetValueRefOrAddDefault(_tables, parts.Measurement, out _);
        table ??= new TableIndex();
        foreach (var tag in parts.Tags)
            table.Columns.Add(new ColumnSchema(tag.Key, ColumnRole.Key, ColumnType.String));
        if (number >= 0)
        {
            CollectionsMarshal.SetCount(_series, Math.Max(_series.Count, number + 1));
            _series[number] = (table, hash);
        }
        return table;
    }

    private DayIndex DayOf(TableIndex table, long number, out DayOrder order)
    {
        var start = Day.WindowStart(number, table.WindowLength);
        if (!table.Days.TryGetValue(start, out var day))
        {
            if (++_days > _maxDays)
                Shorten();
            start = Day.WindowStart(number, table.WindowLength);
            day = CollectionsMarshal.GetValueRefOrAddDefault(table.Days, start, out _) ??= new DayIndex();
        }
        order = CollectionsMarshal.GetValueRefOrAddDefault(_orders, day, out _) ??= new DayOrder();
        return day;
    }

    /// <summary>Lets the tables with the most days have longer windows until there is room again, where that makes any.</summary>
    private void Shorten()
    {
        var most = new PriorityQueue<TableIndex, int>(_tables.Values
            .Where(table => table.WindowLength > 0 && table.Days.Count > FewDays)
            .Select(table => (table, -table.Days.Count)));
        while (_days > _maxDays / 2 && most.TryDequeue(out var table, out _))
        {
            _days -= table.Days.Count;
            Lengthen(table);
            _days += table.Days.Count;
            if (table.WindowLength > 0 && table.Days.Count > FewDays)
                most.Enqueue(table, -table.Days.Count);
        }
        _maxDays = Math.Max(_maxDays, 2 * _days);
    }

    private void Lengthen(TableIndex table)
    {
        var length = Day.WindowLengths[Array.IndexOf(Day.WindowLengths, table.WindowLength) + 1];
        var days = table.Days.ToArray();
        table.Days.Clear();
        table.WindowLength = length;
        foreach (var window in days.GroupBy(day => Day.WindowStart(day.Key, length), day => day.Value))
        {
            var parts = window.ToArray();
            if (parts.Length > 1)
            {
                foreach (var part in parts)
                {
                    if (_orders.Remove(part, out var order) && part.IsOrdered)
                        _tracked -= order.Seen.Count;
                }
            }
            table.Days.Add(window.Key, parts.Length == 1 ? parts[0] : DayIndex.Of(parts));
        }
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

    private sealed class DayOrder
    {
        public HashSet<ulong> Seen { get; } = [];

        public long Rows { get; set; }

        public ulong Series { get; set; }

        public long Time { get; set; }
    }
}
