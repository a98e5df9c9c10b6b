using System.Buffers.Binary;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>A block as it stands in a file: checksum, type, times, values.</summary>
/// <param name="First">Time of its first value.</param>
/// <param name="Last">Time of its last value.</param>
/// <param name="Bytes">The block.</param>
internal readonly record struct TsmBlock(long First, long Last, byte[] Bytes)
{
    /// <summary>Encodes numbers, given as bits, or booleans, given as 0 and 1.</summary>
    public static TsmBlock Encode(TsmType type, ReadOnlySpan<long> times, ReadOnlySpan<ulong> words)
    {
        Span<byte> values = new byte[64 + (words.Length * 10)];
        var size = type switch
        {
            TsmType.Float => FloatCodec.Encode(words, values),
            TsmType.Boolean => BooleanCodec.Encode(Array.ConvertAll(words.ToArray(), static word => (byte)word), values),
            _ => IntegerCodec.Encode(words, new ulong[words.Length], values),
        };
        return Join(type, times, values[..size]);
    }

    /// <summary>Encodes strings.</summary>
    public static TsmBlock Encode(ReadOnlySpan<long> times, IReadOnlyList<byte[]> texts)
    {
        var plain = new byte[texts.Sum(text => text.Length + VarInt.MaxSize)];
        var at = 0;
        foreach (var text in texts)
        {
            at += VarInt.Write(plain.AsSpan(at), (ulong)text.Length);
            text.CopyTo(plain, at);
            at += text.Length;
        }
        var values = new byte[1 + Snappy.StoredSize(at)];
        values[0] = 1 << 4;
        return Join(TsmType.String, times, values.AsSpan(0, 1 + Snappy.EncodeStored(plain.AsSpan(0, at), values.AsSpan(1))));
    }

    private static TsmBlock Join(TsmType type, ReadOnlySpan<long> times, ReadOnlySpan<byte> values)
    {
        if (times.Length is 0 or > TsmFileWriter.BlockSize)
            throw new ArgumentException($"A block has 1 to {TsmFileWriter.BlockSize} values.", nameof(times));
        Span<byte> encoded = new byte[32 + (times.Length * 8)];
        encoded = encoded[..TimeCodec.Encode(times, new ulong[times.Length], encoded)];
        Span<byte> size = stackalloc byte[VarInt.MaxSize];
        size = size[..VarInt.Write(size, (ulong)encoded.Length)];
        byte[] block = [0, 0, 0, 0, (byte)type, .. size, .. encoded, .. values];
        BinaryPrimitives.WriteUInt32BigEndian(block, Crc32.Compute(block.AsSpan(4)));
        return new TsmBlock(times[0], times[^1], block);
    }
}
