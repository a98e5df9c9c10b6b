using System.Buffers;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>Strings of a block: length and bytes of each, all through Snappy.</summary>
internal static class StringCodec
{
    /// <summary>
    /// Decodes; the data must hold just as many strings as <paramref name="ends"/> has slots. Returns bytes used of
    /// <paramref name="bytes"/>, which is grown through the shared pool and stays the caller's.
    /// </summary>
    public static int Decode(ReadOnlySpan<byte> data, ref byte[] bytes, Span<int> ends)
    {
        if (data.IsEmpty || data[0] >> 4 != 1)
            throw new TsmDamage("unknown encoding of strings");
        var length = Snappy.Length(data[1..]);
        var plain = ArrayPool<byte>.Shared.Rent(Math.Max(1, length));
        try
        {
            Snappy.Decode(data[1..], plain.AsSpan(0, length));
            Pools.Ensure(ref bytes, length);
            return Split(plain.AsSpan(0, length), bytes, ends);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    private static int Split(ReadOnlySpan<byte> plain, Span<byte> bytes, Span<int> ends)
    {
        var at = 0;
        var used = 0;
        for (var i = 0; i < ends.Length; i++)
        {
            if (at >= plain.Length)
                throw new TsmDamage("the block has fewer strings than times");
            var size = VarInt.Read(plain, ref at);
            if (size > (ulong)(plain.Length - at))
                throw new TsmDamage("a string is cut off");
            plain.Slice(at, (int)size).CopyTo(bytes[used..]);
            at += (int)size;
            used += (int)size;
            ends[i] = used;
        }
        return at == plain.Length ? used : throw new TsmDamage("the block has more strings than times");
    }
}
