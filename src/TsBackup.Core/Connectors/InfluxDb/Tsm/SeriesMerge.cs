namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// Goes through the series of several streams in order of their keys and gathers the fields of each. Memory is that of one series'
/// block lists and the blocks being decoded. Owns the streams.
/// </summary>
internal sealed class SeriesMerge : IDisposable
{
    private readonly List<KeyStream> _live = [];
    private readonly List<KeyStream> _all;
    private readonly List<FieldReader> _fields = [];
    private readonly Dictionary<KeyStream, (long Start, long End)> _extents = [];
    private byte[] _series = [];
    private int _seriesLength;
    private byte[] _key = [];

    /// <summary>Takes the streams over.</summary>
    /// <param name="streams">In ascending order of rank: of equal times the later stream counts.</param>
    public SeriesMerge(IReadOnlyList<KeyStream> streams)
    {
        _all = [.. streams];
        try
        {
            foreach (var stream in _all)
            {
                if (stream.MoveNext())
                    _live.Add(stream);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The current series key, escaped.</summary>
    public ReadOnlySpan<byte> Series => _series.AsSpan(0, _seriesLength);

    /// <summary>Number of fields of the current series.</summary>
    public int FieldCount { get; private set; }

    /// <summary>A field of the current series.</summary>
    public FieldReader Field(int index) => _fields[index];

    /// <summary>Goes to the next series; false at the end.</summary>
    public bool MoveNext()
    {
        FieldCount = 0;
        _extents.Clear();
        var first = Smallest();
        if (first is null)
            return false;
        _seriesLength = SeriesKey.SeriesLength(first.Key);
        Pools.Ensure(ref _series, _seriesLength + SeriesKey.Separator.Length);
        var prefix = _series.AsSpan(0, _seriesLength + SeriesKey.Separator.Length);
        first.Key[..prefix.Length].CopyTo(prefix);
        while (first is not null && first.Key.StartsWith(prefix))
        {
            Gather(first.Key);
            first = Smallest();
        }
        foreach (var (stream, extent) in _extents)
            stream.Prepare(extent.Start, extent.End - extent.Start);
        for (var i = 0; i < FieldCount; i++)
            _fields[i].Begin();
        return true;
    }

    public void Dispose()
    {
        foreach (var field in _fields)
            field.Dispose();
        foreach (var stream in _all)
            stream.Dispose();
        Pools.Return(ref _series);
        Pools.Return(ref _key);
    }

    private KeyStream? Smallest()
    {
        KeyStream? smallest = null;
        foreach (var stream in _live)
        {
            if (smallest is null || stream.Key.SequenceCompareTo(smallest.Key) < 0)
                smallest = stream;
        }
        return smallest;
    }

    /// <summary>Takes the blocks of a key out of every stream that has it.</summary>
    private void Gather(ReadOnlySpan<byte> smallest)
    {
        var length = smallest.Length;
        Pools.Ensure(ref _key, length);
        smallest.CopyTo(_key);
        var key = _key.AsSpan(0, length);
        var from = FieldCount;
        for (var i = 0; i < _live.Count; i++)
        {
            var stream = _live[i];
            while (stream.Key.SequenceEqual(key))
            {
                FieldOf(from, key[(_seriesLength + SeriesKey.Separator.Length)..], stream.Type).Add(stream);
                var start = stream.Blocks[0].Offset;
                var end = stream.Blocks[^1].Offset + stream.Blocks[^1].Size;
                _extents[stream] = (_extents.TryGetValue(stream, out var known) ? known.Start : start, end);
                if (!stream.MoveNext())
                {
                    _live.RemoveAt(i--);
                    break;
                }
            }
        }
    }

    private FieldReader FieldOf(int from, ReadOnlySpan<byte> name, TsmType type)
    {
        for (var i = from; i < FieldCount; i++)
        {
            if (_fields[i].Type == type)
                return _fields[i];
        }
        if (FieldCount == _fields.Count)
            _fields.Add(new FieldReader());
        var field = _fields[FieldCount++];
        field.Reset(name, type);
        return field;
    }
}
