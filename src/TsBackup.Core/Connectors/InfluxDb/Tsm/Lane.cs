using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// The blocks of one key in one stream, in order of time and without overlap, decoded one after the other with what is deleted or
/// outside the wanted times left out.
/// </summary>
internal sealed class Lane : IDisposable
{
    private readonly List<BlockRef> _blocks = [];
    private readonly List<TimeRange> _deleted = [];
    private KeyStream _stream = null!;
    private SourceWindow? _window;
    private TsmType _type;
    private int _next;
    private DecodedBlock _spare = new();

    /// <summary>The decoded block at the front; empty when none is decoded.</summary>
    public DecodedBlock Head { get; private set; } = new();

    /// <summary>True when nothing is left.</summary>
    public bool IsDone => Head.IsEmpty && _next == _blocks.Count;

    /// <summary>No value is left before this time.</summary>
    public long NextTime => Head.IsEmpty ? _blocks[_next].Min : Head.First;

    /// <summary>True when a block can be added at the end.</summary>
    public bool Accepts(BlockRef block) => _blocks.Count == 0 || block.Min > _blocks[^1].Max;

    /// <summary>Starts anew with a key's blocks still to be added.</summary>
    public void Reset(KeyStream stream, TsmType type)
    {
        _stream = stream;
        _type = type;
        _blocks.Clear();
        _deleted.Clear();
        if (stream.Deleted is { } deleted)
            _deleted.AddRange(deleted);
        _next = 0;
        Head.Clear();
    }

    public void Add(BlockRef block) => _blocks.Add(block);

    /// <summary>All blocks are added.</summary>
    public void Begin()
    {
        if (_blocks.Count > 0)
            _stream.Attach(ref _window, _blocks[^1].Offset + _blocks[^1].Size - _blocks[0].Offset);
    }

    /// <summary>Decodes until there is a value at the front; false when nothing is left.</summary>
    public bool Load(TimeRange wanted, TimeCache times)
    {
        while (Head.IsEmpty)
        {
            if (_next == _blocks.Count)
                return false;
            var block = _blocks[_next++];
            var span = new TimeRange(block.Min, block.Max);
            if (!span.Overlaps(wanted) || IsDeleted(span))
                continue;
            _stream.Decode(block, _type, times, _window, Head);
            Head.Trim(wanted);
            if (_deleted.Count > 0)
                LeaveOutDeleted(times);
        }
        return true;
    }

    public void Dispose()
    {
        Head.Dispose();
        _spare.Dispose();
        _window?.Dispose();
    }

    private bool IsDeleted(TimeRange span)
    {
        foreach (var range in _deleted)
        {
            if (range.Contains(span))
                return true;
        }
        return false;
    }

    private void LeaveOutDeleted(TimeCache times)
    {
        foreach (var range in _deleted)
        {
            if (Head.IsEmpty || range.First > Head.Last || range.Last < Head.First)
                continue;
            if (range.Contains(new TimeRange(Head.First, Head.Last)))
            {
                Head.Start = Head.End;
                return;
            }
            _spare.Reset(_type, times.Take());
            var start = Head.LowerBound(range.First);
            var end = range.Last == long.MaxValue ? Head.End : Head.LowerBound(range.Last + 1);
            for (var i = Head.Start; i < Head.End; i++)
            {
                if (i < start || i >= end)
                    _spare.Append(Head, i);
            }
            Head.Clear();
            (Head, _spare) = (_spare, Head);
        }
    }
}
