using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>The windows that a batch reaches into, and rows with each field that the server does not know there.</summary>
internal sealed class BatchSurvey
{
    private readonly List<Item> _items = [];

    /// <summary>The windows.</summary>
    public IEnumerable<WindowShard> Windows => _items.Select(item => item.Window);

    /// <summary>True when nothing has to be asked of the server.</summary>
    public bool IsDone => _items.TrueForAll(item => item.Window.Shard != 0 && item.Rows.Count == 0);

    /// <summary>Looks through a batch; null when a type conflicts with what the server knows.</summary>
    /// <param name="table">Name of the table.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="windows">Where windows begin and end.</param>
    /// <param name="windowOf">The window of a number.</param>
    public static BatchSurvey? Of(string table, Batch batch, ShardWindows windows, Func<long, WindowShard> windowOf)
    {
        var survey = new BatchSurvey();
        Item? item = null;
        var times = batch.Time!.Values;
        for (var run = 0; run < batch.RunCount; run++)
        {
            for (int first = batch.RunStart(run), end; first < batch.RunEnd(run); first = end)
            {
                end = windows.EndOf(times, first, batch.RunEnd(run));
                var index = windows.IndexOf(times[first]);
                if (item?.Window.Index != index)
                    item = survey._items.Find(known => known.Window.Index == index);
                if (item is null)
                {
                    var window = windowOf(index);
                    if (window.MissingOf(table, batch) is not { } missing)
                        return null;
                    survey._items.Add(item = new Item(window, missing));
                }
                item.Look(run, first, end);
            }
        }
        return survey;
    }

    /// <summary>Rows to be sent, with their runs and windows.</summary>
    public IEnumerable<(WindowShard Window, int Run, int Row)> Rows =>
        _items.SelectMany(item => item.Rows.Select(row => (item.Window, row.Run, row.Row)));

    /// <summary>Notes that the server has taken the rows.</summary>
    public void Sent(string table)
    {
        foreach (var item in _items)
            item.Window.Know(table, item.Found);
    }

    private sealed record Item(WindowShard Window, List<Column> Missing)
    {
        public List<FoundRow> Rows { get; } = [];

        public List<Column> Found { get; } = [];

        public void Look(int run, int first, int end)
        {
            for (var i = Missing.Count - 1; i >= 0; i--)
            {
                var column = Missing[i];
                var row = first;
                while (row < end && !column.IsValid(row))
                    row++;
                if (row == end)
                    continue;
                if (!Rows.Exists(found => found.Row == row))
                    Rows.Add(new FoundRow(run, row));
                Found.Add(column);
                Missing.RemoveAt(i);
            }
        }
    }

    private sealed record FoundRow(int Run, int Row);
}
