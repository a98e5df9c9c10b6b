namespace TsBackup.Model;

/// <summary>Cuts batches to a time range.</summary>
public static class BatchClip
{
    /// <summary>Number of rows whose time is in the range; all rows of a batch without time.</summary>
    public static int Count(Batch batch, TimeRange range)
    {
        if (batch.Time is not { } time)
            return batch.RowCount;
        var count = 0;
        foreach (var value in time.Values)
        {
            if (range.Contains(value))
                count++;
        }
        return count;
    }

    /// <summary>
    /// A batch of just the rows whose time is in the range: the same batch when all are, else a new sealed one, and the old one is
    /// disposed.
    /// </summary>
    public static Batch Apply(Batch batch, TimeRange range)
    {
        if (batch.Time is not { } time || Count(batch, range) == batch.RowCount)
            return batch;
        var clipped = new Batch(batch.RowsAreTuples);
        foreach (var column in batch.Columns)
            clipped.AddColumn(column.Schema);
        for (var run = 0; run < batch.RunCount; run++)
        {
            var rows = 0;
            var end = batch.RunEnd(run);
            for (var i = batch.RunStart(run); i < end;)
            {
                var inside = range.Contains(time.Values[i]);
                var stop = i + 1;
                while (stop < end && range.Contains(time.Values[stop]) == inside)
                    stop++;
                if (inside)
                {
                    CopyRows(batch, clipped, i, stop - i);
                    rows += stop - i;
                }
                i = stop;
            }
            if (rows == 0)
                continue;
            CopyKey(batch, clipped, run);
            clipped.EndRun(rows);
        }
        batch.Dispose();
        return clipped.Seal();
    }

    private static void CopyRows(Batch from, Batch to, int start, int count)
    {
        for (var i = 0; i < from.Columns.Count; i++)
        {
            if (from.Columns[i].Schema.Role != ColumnRole.Key)
                ColumnCopy.Append(to.Columns[i], from.Columns[i], start, count);
        }
    }

    private static void CopyKey(Batch from, Batch to, int run)
    {
        for (var i = 0; i < from.Columns.Count; i++)
        {
            if (from.Columns[i].Schema.Role == ColumnRole.Key)
                ColumnCopy.Append(to.Columns[i], from.Columns[i], run, 1);
        }
    }
}
