using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// The tables whose series are going by. Series come in byte order of their keys, in which the series of one measurement may be
/// parted by those of another; a measurement is over once no later key can belong to it.
/// </summary>
internal sealed class OpenTables(Func<string, Slice?> sliceOf) : IDisposable
{
    private readonly List<(byte[] Escaped, TableBatches? Table)> _open = [];
    private byte[] _measurement = [];

    /// <summary>Slices that have ended.</summary>
    public HashSet<Slice> Ended { get; } = [];

    /// <summary>The table of the current series; null when it is not wanted.</summary>
    public TableBatches? Current { get; private set; }

    /// <summary>The table of the series before, when it was another one.</summary>
    public TableBatches? Left { get; private set; }

    /// <summary>Turns to the merge's current series; true when it is of another measurement than the one before.</summary>
    public bool Enter(SeriesMerge merge)
    {
        var series = merge.Series;
        var length = SeriesKey.MeasurementLength(series);
        var escaped = series[..length];
        var changed = !escaped.SequenceEqual(_measurement);
        Left = changed ? Current : null;
        if (changed)
        {
            _measurement = escaped.ToArray();
            Current = Find(escaped);
        }
        Current?.StartSeries(length < series.Length ? series[(length + 1)..] : default, merge);
        return changed;
    }

    /// <summary>Slices of measurements that cannot come again once <paramref name="series"/> has been reached; all when it is empty.</summary>
    public List<Slice> TakeFinished(ReadOnlySpan<byte> series)
    {
        List<Slice> finished = [];
        for (var i = _open.Count - 1; i >= 0; i--)
        {
            var (escaped, table) = _open[i];
            if (table is not null && table == Current && !series.IsEmpty)
                continue;
            if (!series.IsEmpty && !IsPast(escaped, series))
                continue;
            _open.RemoveAt(i);
            if (table is null)
                continue;
            table.Dispose();
            Ended.Add(table.Slice);
            finished.Add(table.Slice);
        }
        return finished;
    }

    public void Dispose()
    {
        foreach (var (_, table) in _open)
            table?.Dispose();
    }

    /// <summary>True when the series key is greater than every key of the measurement.</summary>
    private static bool IsPast(ReadOnlySpan<byte> escaped, ReadOnlySpan<byte> series) =>
        series.StartsWith(escaped)
            ? series.Length > escaped.Length && series[escaped.Length] > (byte)','
            : series.SequenceCompareTo(escaped) > 0;

    private TableBatches? Find(ReadOnlySpan<byte> escaped)
    {
        foreach (var (known, table) in _open)
        {
            if (escaped.SequenceEqual(known))
                return table;
        }
        var slice = sliceOf(SeriesKey.Measurement(escaped));
        var opened = slice is null ? null : new TableBatches(slice);
        _open.Add((escaped.ToArray(), opened));
        return opened;
    }
}
