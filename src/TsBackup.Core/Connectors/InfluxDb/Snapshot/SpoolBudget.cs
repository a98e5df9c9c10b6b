namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>Memory that all shards under way may take for their files; beyond it they go to temporary files.</summary>
internal sealed class SpoolBudget(long bytes)
{
    private long _left = bytes;

    /// <summary>Takes memory; false when there is not as much left.</summary>
    public bool TryTake(long count)
    {
        if (Interlocked.Add(ref _left, -count) >= 0)
            return true;
        Interlocked.Add(ref _left, count);
        return false;
    }

    /// <summary>Gives memory back.</summary>
    public void GiveBack(long count) => Interlocked.Add(ref _left, count);
}
