using System.Buffers.Binary;

namespace TsBackup.Codec;

/// <summary>
/// Reads a block from start to end and trusts nothing: every length is checked against what is left, and every byte that decoding
/// wants to allocate is charged against a budget first.
/// </summary>
internal ref struct BlockReader(ReadOnlySpan<byte> block)
{
    private const int MaxDepth = 8;
    private readonly ReadOnlySpan<byte> _block = block;
    private int _depth;
    private long _budget = BlockLimits.MaxDecodedBytes;

    public int Position { get; private set; }

    public readonly int Remaining => _block.Length - Position;

    /// <summary>Counts memory that is about to be allocated.</summary>
    public void Charge(long bytes)
    {
        _budget -= bytes;
        if (bytes < 0 || _budget < 0)
            throw BlockFault.Damaged("it claims more data than a block may hold");
    }

    /// <summary>Counts encodings nested in one another, which hostile bytes could do without end.</summary>
    public void Enter()
    {
        if (++_depth > MaxDepth)
            throw BlockFault.Damaged("its encodings are nested too deep");
    }

    public void Leave() => _depth--;

    /// <summary>The next byte, which stays to be read.</summary>
    public readonly byte Peek() => Remaining > 0 ? _block[Position] : throw BlockFault.Damaged("it ends early");

    public byte ReadByte() => Read(1)[0];

    public ReadOnlySpan<byte> Read(int count)
    {
        if ((uint)count > (uint)Remaining)
            throw BlockFault.Damaged("it ends early");
        var span = _block.Slice(Position, count);
        Position += count;
        return span;
    }

    public ulong Read64() => BinaryPrimitives.ReadUInt64LittleEndian(Read(8));

    public uint Read32() => BinaryPrimitives.ReadUInt32LittleEndian(Read(4));

    public ulong ReadVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var part = ReadByte();
            if (shift == 63 && part > 1)
                break;
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
        throw BlockFault.Damaged("a number is too long");
    }

    public long ReadZigzag()
    {
        var value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>Reads a count that may not be above <paramref name="limit"/>.</summary>
    public int ReadCount(int limit)
    {
        var value = ReadVarint();
        if (value > (ulong)limit)
            throw BlockFault.Damaged($"it counts {value} where {limit} is the most");
        return (int)value;
    }
}
