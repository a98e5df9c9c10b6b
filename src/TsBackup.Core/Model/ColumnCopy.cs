namespace TsBackup.Model;

/// <summary>Copies slots between columns of one type.</summary>
internal static class ColumnCopy
{
    /// <summary>
    /// Appends <paramref name="count"/> slots of <paramref name="source"/> from <paramref name="start"/> on, nulls included.
    /// </summary>
    public static void Append(Column target, Column source, int start, int count)
    {
        var end = start + count;
        if (source.NullCount == 0)
        {
            AppendPresent(target, source, start, count);
            return;
        }
        for (var i = start; i < end;)
        {
            var valid = source.IsValid(i);
            var stop = i + 1;
            while (stop < end && source.IsValid(stop) == valid)
                stop++;
            if (valid)
                AppendPresent(target, source, i, stop - i);
            else
                target.AppendNulls(stop - i);
            i = stop;
        }
    }

    private static void AppendPresent(Column target, Column source, int start, int count)
    {
        switch (target, source)
        {
            case (FixedColumn<long> to, FixedColumn<long> from):
                to.Append(from.Values.Slice(start, count));
                break;
            case (FixedColumn<ulong> to, FixedColumn<ulong> from):
                to.Append(from.Values.Slice(start, count));
                break;
            case (FixedColumn<double> to, FixedColumn<double> from):
                to.Append(from.Values.Slice(start, count));
                break;
            case (FixedColumn<float> to, FixedColumn<float> from):
                to.Append(from.Values.Slice(start, count));
                break;
            case (FixedColumn<bool> to, FixedColumn<bool> from):
                to.Append(from.Values.Slice(start, count));
                break;
            case (BytesColumn to, BytesColumn from):
                for (var i = start; i < start + count; i++)
                    to.Append(from[i]);
                break;
            case (ListColumn to, ListColumn from):
                for (var i = start; i < start + count; i++)
                {
                    Append(to.Items, from.Items, from.StartOf(i), from.Ends[i] - from.StartOf(i));
                    to.EndList();
                }
                break;
            default:
                throw new ArgumentException("The columns are of different types.", nameof(source));
        }
    }
}
