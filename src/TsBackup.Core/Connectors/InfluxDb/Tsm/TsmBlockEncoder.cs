using System.Buffers.Binary;
using System.Runtime.InteropServices;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// Encodes blocks. Times are encoded once for all blocks that share them: <see cref="SetTimes"/>, then a block per field. Keeps
/// buffers between calls; not thread-safe.
/// </summary>
internal sealed class TsmBlockEncoder(BlockArena arena)
{
    private const int HeadSize = 5 + VarInt.MaxSize;
    private const int NumberSize = 10;
    private readonly ulong[] _scratch = new ulong[TsmFileWriter.BlockSize];
    private readonly byte[] _times = new byte[32 + (TsmFileWriter.BlockSize * 8)];
    private byte[] _texts = [];
    private int _timesSize;
    private int _count;
    private long _first;
    private long _last;

    /// <summary>Sets the times of the blocks that follow: 1 to <see cref="TsmFileWriter.BlockSize"/>, ascending.</summary>
    public void SetTimes(ReadOnlySpan<long> times)
    {
        if (times.Length is 0 or > TsmFileWriter.BlockSize)
            throw new ArgumentException($"A block has 1 to {TsmFileWriter.BlockSize} values.", nameof(times));
        _timesSize = TimeCodec.Encode(times, _scratch, _times);
        _count = times.Length;
        (_first, _last) = (times[0], times[^1]);
    }

    /// <summary>Encodes numbers, given as bits; not for booleans and strings.</summary>
    public TsmBlock Encode(TsmType type, ReadOnlySpan<ulong> words)
    {
        Check(words.Length);
        var block = arena.Reserve(HeadSize + _timesSize + 64 + (words.Length * NumberSize));
        var head = Head(block, type);
        var size = type == TsmType.Float ? FloatCodec.Encode(words, block[head..]) : IntegerCodec.Encode(words, _scratch, block[head..]);
        return Finish(block, head + size);
    }

    /// <summary>Encodes booleans.</summary>
    public TsmBlock Encode(ReadOnlySpan<bool> values)
    {
        Check(values.Length);
        var block = arena.Reserve(HeadSize + _timesSize + 32 + values.Length);
        var head = Head(block, TsmType.Boolean);
        return Finish(block, head + BooleanCodec.Encode(MemoryMarshal.Cast<bool, byte>(values), block[head..]));
    }

    /// <summary>Encodes strings: the given slots of a column.</summary>
    public TsmBlock Encode(BytesColumn column, ReadOnlySpan<int> slots)
    {
        Check(slots.Length);
        var size = 0;
        foreach (var slot in slots)
            size = checked(size + column[slot].Length + VarInt.MaxSize);
        Pools.Ensure(ref _texts, size);
        var at = 0;
        foreach (var slot in slots)
        {
            var text = column[slot];
            at += VarInt.Write(_texts.AsSpan(at), (ulong)text.Length);
            text.CopyTo(_texts.AsSpan(at));
            at += text.Length;
        }
        var block = arena.Reserve(HeadSize + _timesSize + 1 + Snappy.StoredSize(at));
        var head = Head(block, TsmType.String);
        block[head++] = 1 << 4;
        return Finish(block, head + Snappy.EncodeStored(_texts.AsSpan(0, at), block[head..]));
    }

    private void Check(int count)
    {
        if (count != _count)
            throw new ArgumentException($"{count} values do not go with {_count} times.", nameof(count));
    }

    private int Head(Span<byte> block, TsmType type)
    {
        block[4] = (byte)type;
        var at = 5 + VarInt.Write(block[5..], (ulong)_timesSize);
        _times.AsSpan(0, _timesSize).CopyTo(block[at..]);
        return at + _timesSize;
    }

    private TsmBlock Finish(Span<byte> block, int size)
    {
        BinaryPrimitives.WriteUInt32BigEndian(block, Crc32.Compute(block[4..size]));
        return new TsmBlock(_first, _last, arena.Take(size));
    }
}
