namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>The windows of a retention policy that rows go into.</summary>
/// <param name="name">Name of the policy.</param>
/// <param name="length">Nanoseconds of a window.</param>
internal sealed class PolicyWindows(string name, long length)
{
    private readonly List<WindowShard> _windows = [];

    /// <summary>Name of the policy.</summary>
    public string Name => name;

    /// <summary>Where windows begin and end.</summary>
    public ShardWindows Windows { get; } = new(length);

    /// <summary>The window of a number.</summary>
    public WindowShard Window(long index)
    {
        lock (_windows)
        {
            // By number, so that many windows cost little.
            int low = 0, high = _windows.Count;
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (_windows[middle].Index < index)
                    low = middle + 1;
                else
                    high = middle;
            }
            if (low == _windows.Count || _windows[low].Index != index)
                _windows.Insert(low, new WindowShard(name, index));
            return _windows[low];
        }
    }
}
