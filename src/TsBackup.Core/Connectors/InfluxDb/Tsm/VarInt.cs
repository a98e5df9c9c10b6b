namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>Unsigned base-128 numbers, least significant group first.</summary>
internal static class VarInt
{
    /// <summary>Most bytes a number takes.</summary>
    public const int MaxSize = 10;

    /// <summary>Reads a number and moves <paramref name="at"/> past it.</summary>
    public static ulong Read(ReadOnlySpan<byte> data, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (at >= data.Length)
                throw new TsmDamage("a number is cut off");
            var next = data[at++];
            if (shift == 63 && next > 1)
                break;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw new TsmDamage("a number is longer than 64 bits");
    }

    /// <summary>Writes a number; returns the bytes used.</summary>
    public static int Write(Span<byte> target, ulong value)
    {
        var at = 0;
        while (value >= 0x80)
        {
            target[at++] = (byte)(value | 0x80);
            value >>= 7;
        }
        target[at++] = (byte)value;
        return at;
    }
}
