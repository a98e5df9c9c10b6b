namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>The values of a write-ahead log as a stream of keys, in pieces of the size of blocks.</summary>
internal sealed class WalKeyStream : KeyStream
{
    private const int PieceSize = 1000;

    private readonly List<(byte[] Key, WalValues Values)> _sorted = [];
    private int _next;

    public WalKeyStream(WalFile wal)
    {
        foreach (var (key, typed) in wal.Values)
        {
            foreach (var values in typed)
                _sorted.Add((key, values));
        }
        _sorted.Sort(static (a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));
    }

    public override bool MoveNext()
    {
        if (_next == _sorted.Count)
            return false;
        var (key, values) = _sorted[_next++];
        SetKey(key);
        Type = values.Type;
        Blocks.Clear();
        for (var from = 0; from < values.Count; from += PieceSize)
        {
            var count = Math.Min(PieceSize, values.Count - from);
            Blocks.Add(new BlockRef(values.Time(from), values.Time(from + count - 1), ((long)(_next - 1) << 32) | (uint)from, count));
        }
        return true;
    }

    public override void Decode(BlockRef block, TsmType type, TimeCache times, SourceWindow? window, DecodedBlock target)
    {
        var values = _sorted[(int)(block.Offset >> 32)].Values;
        var from = (int)(uint)block.Offset;
        var vector = times.Take();
        vector.Resize(block.Size);
        for (var i = 0; i < block.Size; i++)
            vector.Values[i] = values.Time(from + i);
        target.Reset(type, vector);
        for (var i = 0; i < block.Size; i++)
        {
            if (type == TsmType.String)
                target.AppendText(i, values.Text(from + i));
            else if (type == TsmType.Boolean)
                target.Flags[i] = (byte)values.Word(from + i);
            else
                target.Words[i] = values.Word(from + i);
        }
    }
}
