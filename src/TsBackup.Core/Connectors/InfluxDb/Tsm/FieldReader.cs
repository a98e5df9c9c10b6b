using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// All values of one field and type of one series, out of several files and logs, in ascending order of time. Of values of one time
/// the one of the youngest stream counts.
/// </summary>
internal sealed class FieldReader : IDisposable
{
    private readonly List<Lane> _lanes = [];
    private readonly DecodedBlock _merged = new();
    private byte[] _name = [];
    private int _nameLength;
    private int _used;

    public TsmType Type { get; private set; }

    /// <summary>The field's name, unescaped.</summary>
    public ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    /// <summary>The block that holds the next values; they end before <see cref="End"/>. Moving its Start consumes them.</summary>
    public DecodedBlock Block { get; private set; } = null!;

    /// <summary>After the last value of <see cref="Block"/> that may be taken now.</summary>
    public int End { get; private set; }

    /// <summary>Time of the next value.</summary>
    public long First => Block.First;

    /// <summary>Times that may be taken now.</summary>
    public ReadOnlySpan<long> Live => Block.Times!.Values[Block.Start..End];

    /// <summary>Starts anew.</summary>
    public void Reset(ReadOnlySpan<byte> name, TsmType type)
    {
        Pools.Ensure(ref _name, Math.Max(1, name.Length));
        name.CopyTo(_name);
        _nameLength = name.Length;
        Type = type;
        _merged.Clear();
        Block = _merged;
        End = 0;
        _used = 0;
    }

    /// <summary>Adds the blocks of a stream's current key. Streams come in ascending order of rank.</summary>
    public void Add(KeyStream stream)
    {
        var from = _used;
        foreach (var block in stream.Blocks)
        {
            // Blocks of one file overlap only where an old server went wrong; the later one counts, so it goes behind all that it overlaps.
            var lane = _used;
            while (lane > from && _lanes[lane - 1].Accepts(block))
                lane--;
            if (lane == _used)
                Open(stream);
            _lanes[lane].Add(block);
        }
    }

    /// <summary>All streams are added.</summary>
    public void Begin()
    {
        for (var i = 0; i < _used; i++)
            _lanes[i].Begin();
    }

    /// <summary>Makes values available; false when there are no more.</summary>
    public bool Fill(TimeRange wanted, TimeCache times)
    {
        if (Block.Start < End)
            return true;
        if (_used == 1)
            return _lanes[0].Load(wanted, times) ? Take(_lanes[0].Head, _lanes[0].Head.End) : Take(_merged, 0);
        while (true)
        {
            var lane = Earliest(out var others);
            if (lane is null)
                return Take(_merged, 0);
            if (lane.Head.IsEmpty)
            {
                lane.Load(wanted, times);
                continue;
            }
            if (lane.Head.Last < others)
                return Take(lane.Head, lane.Head.End);
            if (lane.Head.First < others)
                return Take(lane.Head, lane.Head.LowerBound(others));
            Merge(lane.Head.Last, wanted, times);
            return Take(_merged, _merged.End);
        }
    }

    public void Dispose()
    {
        foreach (var lane in _lanes)
            lane.Dispose();
        _merged.Dispose();
        Pools.Return(ref _name);
    }

    private void Open(KeyStream stream)
    {
        if (_used == _lanes.Count)
            _lanes.Add(new Lane());
        _lanes[_used++].Reset(stream, Type);
    }

    private bool Take(DecodedBlock block, int end)
    {
        Block = block;
        End = end;
        return block.Start < end;
    }

    /// <summary>The lane whose values come first, and the time at which another one may have values.</summary>
    private Lane? Earliest(out long others)
    {
        Lane? first = null;
        others = long.MaxValue;
        for (var i = 0; i < _used; i++)
        {
            if (_lanes[i].IsDone)
                continue;
            var time = _lanes[i].NextTime;
            if (first is null)
            {
                first = _lanes[i];
            }
            else if (time < first.NextTime)
            {
                others = first.NextTime;
                first = _lanes[i];
            }
            else
            {
                others = Math.Min(others, time);
            }
        }
        return first;
    }

    private void Merge(long limit, TimeRange wanted, TimeCache times)
    {
        // Every lane that may have values up to the limit is decoded; the limit shrinks to what all of those have at hand.
        for (var i = 0; i < _used; i++)
        {
            var lane = _lanes[i];
            while (!lane.IsDone && lane.Head.IsEmpty && lane.NextTime <= limit)
                lane.Load(wanted, times);
        }
        for (var i = 0; i < _used; i++)
        {
            if (!_lanes[i].Head.IsEmpty && _lanes[i].Head.First <= limit)
                limit = Math.Min(limit, _lanes[i].Head.Last);
        }
        _merged.Reset(Type, times.Take());
        while (true)
        {
            var time = long.MaxValue;
            DecodedBlock? winner = null;
            for (var i = 0; i < _used; i++)
            {
                var head = _lanes[i].Head;
                if (!head.IsEmpty && head.First <= limit && head.First <= time)
                {
                    time = head.First;
                    winner = head;
                }
            }
            if (winner is null)
                return;
            _merged.Append(winner, winner.Start);
            for (var i = 0; i < _used; i++)
            {
                var head = _lanes[i].Head;
                if (!head.IsEmpty && head.First == time)
                    head.Start++;
            }
        }
    }
}
