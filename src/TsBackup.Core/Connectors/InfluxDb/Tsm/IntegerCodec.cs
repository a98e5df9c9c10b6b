using System.Buffers.Binary;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// Integers of a block, signed or unsigned: zigzag deltas, raw, packed, or first value and one delta repeated. Unsigned values are
/// treated as signed ones of the same bits.
/// </summary>
internal static class IntegerCodec
{
    private const int Raw = 0;
    private const int Packed = 1;
    private const int Repeated = 2;

    /// <summary>Decodes; the data must hold just as many values as the target.</summary>
    public static void Decode(ReadOnlySpan<byte> data, Span<ulong> target)
    {
        if (data.Length < 9)
            throw new TsmDamage("the integers of the block are cut off");
        switch (data[0] >> 4)
        {
            case Raw:
                if (data.Length != 1 + (8L * target.Length))
                    throw new TsmDamage("the block has not as many integers as times");
                for (var i = 0; i < target.Length; i++)
                    target[i] = BinaryPrimitives.ReadUInt64BigEndian(data[(1 + (8 * i))..]);
                Sum(target);
                break;
            case Packed:
                target[0] = BinaryPrimitives.ReadUInt64BigEndian(data[1..]);
                Simple8b.Decode(data[9..], target[1..]);
                Sum(target);
                break;
            case Repeated:
                DecodeRepeated(data, target);
                break;
            default:
                throw new TsmDamage($"unknown encoding {data[0] >> 4} of integers");
        }
    }

    /// <summary>Encodes; returns the bytes used of the target (8 per value and 32 suffice).</summary>
    public static int Encode(ReadOnlySpan<ulong> values, Span<ulong> scratch, Span<byte> target)
    {
        var deltas = scratch[..values.Length];
        ulong previous = 0;
        ulong largest = 0;
        var same = true;
        for (var i = 0; i < values.Length; i++)
        {
            var delta = (long)(values[i] - previous);
            previous = values[i];
            deltas[i] = (ulong)((delta << 1) ^ (delta >> 63));
            largest = Math.Max(largest, deltas[i]);
            same &= i < 2 || deltas[i] == deltas[1];
        }
        BinaryPrimitives.WriteUInt64BigEndian(target[1..], deltas[0]);
        if (same && deltas.Length > 2)
        {
            target[0] = Repeated << 4;
            var at = 9 + VarInt.Write(target[9..], deltas[1]);
            return at + VarInt.Write(target[at..], (ulong)deltas.Length - 1);
        }
        if (largest > Simple8b.MaxValue)
        {
            target[0] = Raw << 4;
            for (var i = 1; i < deltas.Length; i++)
                BinaryPrimitives.WriteUInt64BigEndian(target[(1 + (8 * i))..], deltas[i]);
            return 1 + (8 * deltas.Length);
        }
        target[0] = Packed << 4;
        return 9 + Simple8b.Encode(deltas[1..], target[9..]);
    }

    private static void DecodeRepeated(ReadOnlySpan<byte> data, Span<ulong> target)
    {
        var value = UnZigZag(BinaryPrimitives.ReadUInt64BigEndian(data[1..]));
        var at = 9;
        var delta = UnZigZag(VarInt.Read(data, ref at));
        if (VarInt.Read(data, ref at) != (ulong)target.Length - 1 || at != data.Length)
            throw new TsmDamage("the block has not as many integers as times");
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = value;
            value += delta;
        }
    }

    private static void Sum(Span<ulong> target)
    {
        ulong value = 0;
        for (var i = 0; i < target.Length; i++)
        {
            value += UnZigZag(target[i]);
            target[i] = value;
        }
    }

    private static ulong UnZigZag(ulong value) => (value >> 1) ^ (0 - (value & 1));
}
