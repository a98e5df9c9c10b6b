namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>Decoded times, shared by the blocks of a series' fields that have the same ones; given back when the last user is gone.</summary>
internal sealed class TimeVector(TimeCache owner)
{
    private long[] _values = [];

    /// <summary>Number of times.</summary>
    public int Count { get; private set; }

    /// <summary>How many hold it.</summary>
    public int Users { get; set; }

    /// <summary>The times.</summary>
    public Span<long> Values => _values.AsSpan(0, Count);

    /// <summary>Sets the number of times; their content is undefined.</summary>
    public void Resize(int count)
    {
        Pools.Ensure(ref _values, count);
        Count = count;
    }

    /// <summary>Makes room for one more time than now and writes it.</summary>
    public void Add(long time)
    {
        Pools.Grow(ref _values, Count, Count + 1);
        _values[Count++] = time;
    }

    /// <summary>One user less.</summary>
    public void Release()
    {
        if (--Users == 0)
            owner.TakeBack(this);
    }

    /// <summary>Gives the memory back.</summary>
    public void Free() => Pools.Return(ref _values);
}
