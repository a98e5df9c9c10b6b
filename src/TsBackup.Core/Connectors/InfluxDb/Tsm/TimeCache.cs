namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// Decodes times once where the fields of a series carry the same encoded times in turn, which is what wide writes leave behind.
/// Also the pool of <see cref="TimeVector"/>.
/// </summary>
internal sealed class TimeCache : IDisposable
{
    private readonly Stack<TimeVector> _free = [];
    private readonly List<TimeVector> _all = [];
    private byte[] _encoded = [];
    private int _encodedLength;
    private TimeVector? _last;

    /// <summary>The decoded times; the caller is one user of them.</summary>
    public TimeVector Decode(ReadOnlySpan<byte> encoded)
    {
        if (_last is { } last && encoded.SequenceEqual(_encoded.AsSpan(0, _encodedLength)))
        {
            last.Users++;
            return last;
        }
        var vector = Take();
        vector.Resize(TimeCodec.Count(encoded));
        TimeCodec.Decode(encoded, vector.Values);
        _last?.Release();
        _last = vector;
        vector.Users++;
        Pools.Ensure(ref _encoded, encoded.Length);
        encoded.CopyTo(_encoded);
        _encodedLength = encoded.Length;
        return vector;
    }

    /// <summary>An empty vector of one user.</summary>
    public TimeVector Take()
    {
        if (!_free.TryPop(out var vector))
        {
            vector = new TimeVector(this);
            _all.Add(vector);
        }
        vector.Users = 1;
        vector.Resize(0);
        return vector;
    }

    /// <summary>Called by a vector without users.</summary>
    public void TakeBack(TimeVector vector) => _free.Push(vector);

    public void Dispose()
    {
        foreach (var vector in _all)
            vector.Free();
        _all.Clear();
        _free.Clear();
        _last = null;
        Pools.Return(ref _encoded);
    }
}
