using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// The times of a block: raw deltas, packed deltas with a power of ten taken out, or one delta repeated. High four bits of the first
/// byte say which, the low four hold the power.
/// </summary>
internal static class TimeCodec
{
    /// <summary>More values than any server puts into a block; a run length says nothing about the bytes that justify it.</summary>
    public const int MaxCount = 1 << 20;

    private const int Raw = 0;
    private const int Packed = 1;
    private const int Repeated = 2;

    private static readonly ulong[] PowersOfTen = MakePowers();

    /// <summary>Number of times encoded.</summary>
    public static int Count(ReadOnlySpan<byte> data)
    {
        if (data.Length < 9)
            throw new TsmDamage("the times of the block are cut off");
        long count;
        switch (data[0] >> 4)
        {
            case Raw:
                count = (data.Length - 1) / 8;
                break;
            case Packed:
                count = (data.Length - 1) % 8 == 0 ? Simple8b.Count(data[9..]) + 1 : throw new TsmDamage("packed times end within a word");
                break;
            case Repeated:
                var at = 9;
                VarInt.Read(data, ref at);
                var repeats = VarInt.Read(data, ref at);
                count = at == data.Length ? (long)Math.Min(repeats, long.MaxValue) : throw new TsmDamage("bytes follow the repeated time step");
                break;
            default:
                throw new TsmDamage($"unknown encoding {data[0] >> 4} of times");
        }
        return count is > 0 and <= MaxCount ? (int)count : throw new TsmDamage($"the block claims {count} times");
    }

    /// <summary>Decodes into a target of <see cref="Count"/> slots; times come out strictly ascending or the block is damaged.</summary>
    public static void Decode(ReadOnlySpan<byte> data, Span<long> target)
    {
        switch (data[0] >> 4)
        {
            case Repeated:
                DecodeRepeated(data, target);
                return;
            case Packed:
                DecodePacked(data, target);
                break;
            default:
                for (var i = 0; i < target.Length; i++)
                    target[i] = BinaryPrimitives.ReadInt64BigEndian(data[(1 + (8 * i))..]);
                Sum(target, 1);
                break;
        }
        for (var i = 1; i < target.Length; i++)
        {
            if (target[i] <= target[i - 1])
                throw new TsmDamage("times of the block do not ascend");
        }
    }

    /// <summary>Encodes times that ascend; returns the bytes used of the target (8 per time and 32 suffice).</summary>
    public static int Encode(ReadOnlySpan<long> times, Span<ulong> scratch, Span<byte> target)
    {
        var deltas = scratch[..times.Length];
        deltas[0] = (ulong)times[0];
        ulong largest = 0;
        var same = true;
        for (var i = 1; i < deltas.Length; i++)
        {
            deltas[i] = (ulong)times[i] - (ulong)times[i - 1];
            largest = Math.Max(largest, deltas[i]);
            same &= i == 1 || deltas[i] == deltas[1];
        }
        var power = times.Length == 1 ? 12 : PowerOf(deltas[1..]);
        BinaryPrimitives.WriteUInt64BigEndian(target[1..], deltas[0]);
        if (same && times.Length > 1)
        {
            target[0] = (byte)(Repeated << 4 | power);
            var at = 9 + VarInt.Write(target[9..], deltas[1] / PowersOfTen[power]);
            return at + VarInt.Write(target[at..], (ulong)times.Length);
        }
        if (largest > Simple8b.MaxValue)
        {
            target[0] = Raw << 4;
            for (var i = 1; i < deltas.Length; i++)
                BinaryPrimitives.WriteUInt64BigEndian(target[(1 + (8 * i))..], deltas[i]);
            return 1 + (8 * deltas.Length);
        }
        target[0] = (byte)(Packed << 4 | power);
        foreach (ref var delta in deltas[1..])
            delta /= PowersOfTen[power];
        return 9 + Simple8b.Encode(deltas[1..], target[9..]);
    }

    private static void DecodeRepeated(ReadOnlySpan<byte> data, Span<long> target)
    {
        var at = 9;
        var step = (UInt128)VarInt.Read(data, ref at) * PowersOfTen[data[0] & 15];
        var first = BinaryPrimitives.ReadInt64BigEndian(data[1..]);
        if (target.Length > 1 && (step == 0 || (Int128)first + ((Int128)step * (target.Length - 1)) > long.MaxValue))
            throw new TsmDamage("times of the block do not ascend");
        var time = first;
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = time;
            time += (long)step;
        }
    }

    private static void DecodePacked(ReadOnlySpan<byte> data, Span<long> target)
    {
        target[0] = BinaryPrimitives.ReadInt64BigEndian(data[1..]);
        Simple8b.Decode(data[9..], MemoryMarshal.Cast<long, ulong>(target[1..]));
        Sum(target, PowersOfTen[data[0] & 15]);
    }

    private static void Sum(Span<long> target, ulong scale)
    {
        var time = target[0];
        for (var i = 1; i < target.Length; i++)
        {
            time += (long)((ulong)target[i] * scale);
            target[i] = time;
        }
    }

    private static int PowerOf(ReadOnlySpan<ulong> deltas)
    {
        var power = 12;
        foreach (var delta in deltas)
        {
            while (power > 0 && delta % PowersOfTen[power] != 0)
                power--;
            if (power == 0)
                break;
        }
        return power;
    }

    private static ulong[] MakePowers()
    {
        var powers = new ulong[16];
        powers[0] = 1;
        for (var i = 1; i < powers.Length; i++)
            powers[i] = powers[i - 1] * 10;
        return powers;
    }
}
