namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>Booleans of a block: their number, then one bit each, the first in the highest bit.</summary>
internal static class BooleanCodec
{
    /// <summary>Decodes to bytes of 0 or 1; the data must hold just as many values as the target.</summary>
    public static void Decode(ReadOnlySpan<byte> data, Span<byte> target)
    {
        if (data.IsEmpty || data[0] >> 4 != 1)
            throw new TsmDamage("unknown encoding of booleans");
        var at = 1;
        if (VarInt.Read(data, ref at) != (ulong)target.Length)
            throw new TsmDamage("the block has not as many booleans as times");
        data = data[at..];
        if (data.Length != (target.Length + 7) / 8)
            throw new TsmDamage("the booleans of the block are cut off");
        for (var i = 0; i < target.Length; i++)
            target[i] = (byte)(data[i >> 3] >> (7 - (i & 7)) & 1);
    }

    /// <summary>Encodes bytes of 0 or 1; returns the bytes used of the target (32 and one per eight values suffice).</summary>
    public static int Encode(ReadOnlySpan<byte> values, Span<byte> target)
    {
        target[0] = 1 << 4;
        var at = 1 + VarInt.Write(target[1..], (ulong)values.Length);
        var packed = target.Slice(at, (values.Length + 7) / 8);
        packed.Clear();
        for (var i = 0; i < values.Length; i++)
            packed[i >> 3] |= (byte)(values[i] << (7 - (i & 7)));
        return at + packed.Length;
    }
}
