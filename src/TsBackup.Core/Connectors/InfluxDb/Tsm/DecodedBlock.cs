using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// Values of one key in memory: times, and bits of numbers, bytes of booleans or strings, whichever the type needs. Only the part
/// from <see cref="Start"/> to <see cref="End"/> is still to be delivered. Buffers are used again by the next block.
/// </summary>
internal sealed class DecodedBlock : IDisposable
{
    private ulong[] _words = [];
    private byte[] _bytes = [];
    private int[] _ends = [];

    public TsmType Type { get; private set; }

    /// <summary>The times; null while the block is empty.</summary>
    public TimeVector? Times { get; private set; }

    /// <summary>First value that counts.</summary>
    public int Start { get; set; }

    /// <summary>After the last value that counts.</summary>
    public int End { get; set; }

    public bool IsEmpty => Start >= End;

    /// <summary>Time of the first value that counts.</summary>
    public long First => Times!.Values[Start];

    /// <summary>Time of the last value that counts.</summary>
    public long Last => Times!.Values[End - 1];

    /// <summary>Times that count.</summary>
    public ReadOnlySpan<long> Live => Times!.Values[Start..End];

    /// <summary>Bits of numbers.</summary>
    public Span<ulong> Words => _words.AsSpan(0, Times!.Count);

    /// <summary>Booleans as 0 or 1.</summary>
    public Span<byte> Flags => _bytes.AsSpan(0, Times!.Count);

    /// <summary>Takes over a block's content; the vector's user is this block from now on.</summary>
    public void Load(TsmType type, TimeVector times, ReadOnlySpan<byte> values)
    {
        Reset(type, times);
        switch (type)
        {
            case TsmType.Float:
                FloatCodec.Decode(values, Words);
                break;
            case TsmType.Integer or TsmType.Unsigned:
                IntegerCodec.Decode(values, Words);
                break;
            case TsmType.Boolean:
                BooleanCodec.Decode(values, Flags);
                break;
            default:
                StringCodec.Decode(values, ref _bytes, _ends.AsSpan(0, times.Count));
                break;
        }
    }

    /// <summary>Makes room for values of these times that the caller fills in.</summary>
    public void Reset(TsmType type, TimeVector times)
    {
        Clear();
        Type = type;
        Times = times;
        Start = 0;
        End = times.Count;
        if (type == TsmType.Boolean)
            Pools.Ensure(ref _bytes, times.Count);
        else if (type == TsmType.String)
            Pools.Ensure(ref _ends, times.Count);
        else
            Pools.Ensure(ref _words, times.Count);
    }

    /// <summary>The string at an index.</summary>
    public ReadOnlySpan<byte> Text(int index)
    {
        var start = index == 0 ? 0 : _ends[index - 1];
        return _bytes.AsSpan(start, _ends[index] - start);
    }

    /// <summary>Bytes that values take, about.</summary>
    public long SizeOf(int start, int count) =>
        Type == TsmType.String ? _ends[start + count - 1] - (start == 0 ? 0 : _ends[start - 1]) : 8L * count;

    /// <summary>Appends a value of another block of this type.</summary>
    public void Append(DecodedBlock from, int index)
    {
        var at = Times!.Count;
        Times.Add(from.Times!.Values[index]);
        End = at + 1;
        if (Type == TsmType.String)
        {
            AppendText(at, from.Text(index));
        }
        else if (Type == TsmType.Boolean)
        {
            Pools.Grow(ref _bytes, at, at + 1);
            _bytes[at] = from._bytes[index];
        }
        else
        {
            Pools.Grow(ref _words, at, at + 1);
            _words[at] = from._words[index];
        }
    }

    /// <summary>Appends a string whose time has just been added as the vector's value at <paramref name="index"/>.</summary>
    public void AppendText(int index, ReadOnlySpan<byte> text)
    {
        var used = index == 0 ? 0 : _ends[index - 1];
        Pools.Grow(ref _bytes, used, used + text.Length);
        Pools.Grow(ref _ends, index, index + 1);
        text.CopyTo(_bytes.AsSpan(used));
        _ends[index] = used + text.Length;
    }

    /// <summary>Leaves only what lies inside a range.</summary>
    public void Trim(TimeRange range)
    {
        if (IsEmpty)
            return;
        if (First < range.First)
            Start = LowerBound(range.First);
        if (!IsEmpty && Last > range.Last)
            End = range.Last == long.MaxValue ? End : LowerBound(range.Last + 1);
    }

    /// <summary>Index of the first time that counts and is not before <paramref name="time"/>.</summary>
    public int LowerBound(long time)
    {
        var low = Start;
        var high = End;
        var values = Times!.Values;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (values[middle] < time)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>Appends part of the values to a column.</summary>
    public void CopyTo(Column column, int start, int count)
    {
        switch (column)
        {
            case FixedColumn<double> doubles:
                doubles.Append(System.Runtime.InteropServices.MemoryMarshal.Cast<ulong, double>(Words.Slice(start, count)));
                break;
            case FixedColumn<long> integers:
                integers.Append(System.Runtime.InteropServices.MemoryMarshal.Cast<ulong, long>(Words.Slice(start, count)));
                break;
            case FixedColumn<ulong> unsigned:
                unsigned.Append(Words.Slice(start, count));
                break;
            case FixedColumn<bool> flags:
                flags.Append(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, bool>(Flags.Slice(start, count)));
                break;
            case BytesColumn texts:
                for (var i = start; i < start + count; i++)
                    texts.Append(Text(i));
                break;
            default:
                throw new InvalidOperationException("No column of this store has that type.");
        }
    }

    /// <summary>Lets go of the times; the buffers stay.</summary>
    public void Clear()
    {
        Times?.Release();
        Times = null;
        Start = End = 0;
    }

    public void Dispose()
    {
        Clear();
        Pools.Return(ref _words);
        Pools.Return(ref _bytes);
        Pools.Return(ref _ends);
    }
}
