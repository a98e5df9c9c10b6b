using System.Text;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>
/// Reads the slices of a group out of its files in one pass over each file. Memory is bounded: full batches are handed on, rows to be
/// sorted go to temporary files when there are too many.
/// </summary>
internal sealed class FileGroupReader : IDisposable
{
    /// <summary>Bytes that a group's unsorted rows and unfinished batches may take each.</summary>
    public const long DefaultBudget = 64L << 20;

    private readonly IReadOnlyList<FileIndex> _files;
    private readonly long _unit;
    private readonly long _budget;
    private readonly ColumnNumbers _columns = new();
    private readonly SeriesNumbers _series = new();
    private readonly List<SliceTarget> _targets = [];
    private readonly Dictionary<TableId, SliceTarget[]> _byTable = [];
    private int _rowsSinceCheck;

    /// <summary>Makes a reader.</summary>
    /// <param name="files">The files that may hold rows of the slices, in order of precedence.</param>
    /// <param name="slices">The slices; those of one table do not overlap.</param>
    /// <param name="unit">Nanoseconds per unit of timestamps.</param>
    /// <param name="budget">Bytes to hold in memory.</param>
    public FileGroupReader(IReadOnlyList<FileIndex> files, IEnumerable<Slice> slices, long unit, long budget = DefaultBudget)
    {
        _files = files;
        _unit = unit;
        _budget = budget;
        foreach (var slice in slices)
            _targets.Add(new SliceTarget(slice, IsOrdered(slice), _columns));
        foreach (var table in _targets.GroupBy(target => target.Slice.Table))
            _byTable[table.Key] = [.. table.OrderBy(target => target.Slice.Window.First)];
    }

    /// <summary>Reads. Errors of the file system and of the format are thrown as they are.</summary>
    public IEnumerable<SliceEvent> Read(CancellationToken cancellation)
    {
        foreach (var index in _files)
        {
            foreach (var part in ReadFile(index, cancellation))
                yield return part;
        }
        foreach (var target in _targets)
        {
            foreach (var part in Finish(target, cancellation))
                yield return part;
            yield return new SliceEnd(target.Slice);
            target.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var target in _targets)
            target.Dispose();
    }

    /// <summary>True when the slice's rows stand in one file in the order that is wanted.</summary>
    private bool IsOrdered(Slice slice)
    {
        DayIndex? only = null;
        foreach (var file in _files)
        {
            if (file.File.Group != slice.Table.Group || !file.Tables.TryGetValue(slice.Table.Name, out var table))
                continue;
            foreach (var day in table.Days.Values)
            {
                if (!slice.Window.Overlaps(new TimeRange(day.First, day.Last)))
                    continue;
                if (only is not null || !day.IsOrdered)
                    return false;
                only = day;
            }
        }
        return true;
    }

    private IEnumerable<SliceEvent> ReadFile(FileIndex index, CancellationToken cancellation)
    {
        using var stream = Guarded(index.File, index.File.Open);
        using var parser = new LineProtocolParser(stream, index.File.Name, _unit);
        var read = () => parser.Read(cancellation);
        _columns.ChangeParser();
        _series.ChangeParser();
        var change = -1L;
        var measurement = Array.Empty<byte>();
        SliceTarget[] targets = [];
        SliceTarget? target = null;
        var series = -1;
        foreach (var each in _targets)
            each.SeriesChange = -1;
        while (Guarded(index.File, read))
        {
            if (change != parser.SeriesChanges)
            {
                change = parser.SeriesChanges;
                series = -1;
                if (!LineSeries.MeasurementOf(parser.Series).SequenceEqual(measurement))
                {
                    measurement = LineSeries.MeasurementOf(parser.Series).ToArray();
                    targets = TargetsOf(index.File.Group, measurement);
                    target = null;
                }
            }
            if (target is null || !target.Slice.Window.Contains(parser.Time))
                target = Find(targets, parser.Time);
            if (target is null)
                continue;
            if (target.Sorter is { } sorter)
                sorter.Add(series < 0 ? series = _series.Of(parser) : series, parser);
            else if (Append(target, parser).IsFull)
                yield return new SliceRows(target.Slice, target.Builder.Take()!);
            if (++_rowsSinceCheck >= 1024 || target.Sorter is { IsFull: true })
            {
                foreach (var part in KeepWithinBudget())
                    yield return part;
            }
        }
        Guarded(index.File, () =>
        {
            index.File.EnsureUnchanged(parser.IsUnended);
            return true;
        });
    }

    private static T Guarded<T>(StoreFile file, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Reading(error, file.Path);
        }
    }

    private SliceTarget[] TargetsOf(string group, byte[] measurement)
    {
        var name = Encoding.UTF8.GetString(LineProtocolSyntax.UnescapeMeasurement(measurement));
        return _byTable.GetValueOrDefault(new TableId(group, name)) ?? [];
    }

    private static SliceTarget? Find(SliceTarget[] targets, long time)
    {
        var low = 0;
        var high = targets.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var window = targets[middle].Slice.Window;
            if (time < window.First)
                high = middle - 1;
            else if (time > window.Last)
                low = middle + 1;
            else
                return targets[middle];
        }
        return null;
    }

    private BatchBuilder Append(SliceTarget target, LineProtocolParser parser)
    {
        var builder = target.Builder;
        if (target.SeriesChange != parser.SeriesChanges)
        {
            target.SeriesChange = parser.SeriesChanges;
            builder.ChangeSeries(parser.Series);
        }
        builder.AddRow(parser.Time);
        foreach (ref readonly var field in parser.Fields)
        {
            var column = _columns.Of(parser, field);
            if (field.Type == ColumnType.String)
                LineProtocolParser.AppendText(parser.EscapedText(field), builder.TextColumn(column, field.Length));
            else
                builder.Add(column, field.Bits);
        }
        return builder;
    }

    private IEnumerable<SliceEvent> KeepWithinBudget()
    {
        _rowsSinceCheck = 0;
        foreach (var full in _targets.Where(target => target.Sorter is { IsFull: true }))
            full.Sorter!.Spill();
        var sorting = _targets.Sum(target => target.Sorter?.Bytes ?? 0);
        while (sorting > _budget)
        {
            var largest = _targets.MaxBy(target => target.Sorter?.Bytes ?? 0)!.Sorter!;
            sorting -= largest.Bytes;
            largest.Spill();
        }
        var building = _targets.Sum(target => target.Builder.Bytes);
        while (building > _budget)
        {
            var largest = _targets.MaxBy(target => target.Builder.Bytes)!;
            building -= largest.Builder.Bytes;
            if (largest.Builder.Take() is { } batch)
                yield return new SliceRows(largest.Slice, batch);
        }
    }

    private IEnumerable<SliceEvent> Finish(SliceTarget target, CancellationToken cancellation)
    {
        if (target.Sorter is { } sorter)
        {
            var series = -1;
            foreach (var row in sorter.Rows())
            {
                cancellation.ThrowIfCancellationRequested();
                if (row.Series != series)
                {
                    series = row.Series;
                    target.Builder.ChangeSeries(_series[series]);
                }
                row.AppendTo(target.Builder);
                if (target.Builder.IsFull)
                    yield return new SliceRows(target.Slice, target.Builder.Take()!);
            }
        }
        if (target.Builder.Take() is { } rest)
            yield return new SliceRows(target.Slice, rest);
    }
}
