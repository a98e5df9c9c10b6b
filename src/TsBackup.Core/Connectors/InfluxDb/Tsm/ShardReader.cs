using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// Turns the files of a shard (or of several) into the events of a group of slices: fields of a series joined by time into rows,
/// batches per table, and an end for each slice that was read.
/// </summary>
internal static class ShardReader
{
    /// <summary>Reads. The merge is disposed at the end of the enumeration.</summary>
    /// <param name="merge">The series.</param>
    /// <param name="sliceOf">The slice that takes a measurement's rows; null when it is not wanted. Asked once per measurement.</param>
    /// <param name="expected">Slices that end even when no row was found for them.</param>
    /// <param name="cancellation">Stops between series.</param>
    public static IEnumerable<SliceEvent> Read(
        SeriesMerge merge, Func<string, Slice?> sliceOf, IReadOnlyList<Slice> expected, CancellationToken cancellation)
    {
        using var owned = merge;
        using var times = new TimeCache();
        var tables = new OpenTables(sliceOf);
        using var closing = tables;
        while (Guarded(merge.MoveNext))
        {
            cancellation.ThrowIfCancellationRequested();
            if (Guarded(() => tables.Enter(merge)))
            {
                if (tables.Left is { } left && left.Flush(all: true) is { } last)
                    yield return new SliceRows(left.Slice, last);
                foreach (var slice in tables.TakeFinished(merge.Series))
                    yield return new SliceEnd(slice);
            }
            if (tables.Current is not { } table)
                continue;
            do
            {
                if (table.Flush(all: false) is { } full)
                    yield return new SliceRows(table.Slice, full);
            }
            while (Guarded(() => Join(merge, table, times)));
        }
        if (tables.Current?.Flush(all: true) is { } rest)
            yield return new SliceRows(tables.Current.Slice, rest);
        foreach (var slice in tables.TakeFinished(default))
            yield return new SliceEnd(slice);
        foreach (var slice in expected)
        {
            if (!tables.Ended.Contains(slice))
                yield return new SliceEnd(slice);
        }
    }

    /// <summary>
    /// Appends a stretch of rows in which the same fields are present throughout; false when the series is at its end.
    /// </summary>
    private static bool Join(SeriesMerge merge, TableBatches table, TimeCache times)
    {
        var window = table.Slice.Window;
        var first = long.MaxValue;
        FieldReader? lead = null;
        for (var i = 0; i < merge.FieldCount; i++)
        {
            var field = merge.Field(i);
            if (field.Fill(window, times) && (lead is null || field.First < first))
            {
                lead = field;
                first = field.First;
            }
        }
        if (lead is null)
            return false;
        var rows = Stretch(merge, lead, first, table.Room);
        table.AppendTimes(lead.Live[..rows]);
        for (var i = 0; i < merge.FieldCount; i++)
        {
            var field = merge.Field(i);
            if (field.Block.Start >= field.End || (field != lead && field.First != first))
                continue;
            field.Block.CopyTo(table.Column(i, rows), field.Block.Start, rows);

            // The lead's times are still needed for the comparison above, so it moves last.
            if (field != lead)
                field.Block.Start += rows;
        }
        lead.Block.Start += rows;
        return true;
    }

    private static int Stretch(SeriesMerge merge, FieldReader lead, long first, int room)
    {
        var live = lead.Live;
        var rows = Math.Min(live.Length, room);
        for (var i = 0; i < merge.FieldCount; i++)
        {
            var field = merge.Field(i);
            if (field == lead || field.Block.Start >= field.End)
                continue;
            if (field.First != first)
            {
                var before = lead.Block.LowerBound(field.First) - lead.Block.Start;
                rows = Math.Min(rows, before);
            }
            else if (field.Block.Times == lead.Block.Times && field.Block.Start == lead.Block.Start)
            {
                rows = Math.Min(rows, field.End - field.Block.Start);
            }
            else
            {
                rows = Math.Min(rows, live.CommonPrefixLength(field.Live));
            }
        }
        return Affordable(merge, lead, first, rows);
    }

    /// <summary>As many of the rows as a batch should have bytes: a single block may hold a thousand long texts.</summary>
    private static int Affordable(SeriesMerge merge, FieldReader lead, long first, int rows)
    {
        for (var left = BatchLimits.MaxBytes; rows > 1; left = BatchLimits.MaxBytes)
        {
            for (var i = 0; i < merge.FieldCount; i++)
            {
                var field = merge.Field(i);
                if (field.Block.Start < field.End && (field == lead || field.First == first))
                    left -= field.Block.SizeOf(field.Block.Start, rows);
            }
            if (left >= 0)
                break;
            rows /= 2;
        }
        return rows;
    }

    private static bool Guarded(Func<bool> step)
    {
        try
        {
            return step();
        }
        catch (TsmDamage damage)
        {
            throw new TsBackupException(ErrorId.SourceFileDamaged, $"The shard cannot be read: {damage.Message}.", inner: damage);
        }
    }
}
