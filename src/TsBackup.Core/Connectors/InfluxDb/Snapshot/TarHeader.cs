using System.Text;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>Headers of a tar stream that is written: POSIX.1-1988, names of more than 100 bytes as GNU tar says them.</summary>
internal static class TarHeader
{
    /// <summary>What ends a stream.</summary>
    public static ReadOnlySpan<byte> End => new byte[2 * BlockSize];

    private const int BlockSize = 512;
    private const int NameSize = 100;
    private const long MaxOctal = (1L << 33) - 1;

    /// <summary>The header of a file.</summary>
    /// <param name="name">Its path with slashes.</param>
    /// <param name="size">Its bytes.</param>
    /// <param name="modified">Seconds since 1970.</param>
    public static byte[] Of(string name, long size, long modified)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        if (bytes.Length <= NameSize)
            return Block(bytes, size, modified, '0');
        var padded = new byte[bytes.Length + 1 + Padding(bytes.Length + 1)];
        bytes.CopyTo(padded, 0);
        return [.. Block("././@LongLink"u8, bytes.Length + 1, 0, 'L'), .. padded, .. Block(bytes.AsSpan(0, NameSize), size, modified, '0')];
    }

    /// <summary>Zero bytes that follow a file of that size.</summary>
    public static int Padding(long size) => (int)((BlockSize - (size % BlockSize)) % BlockSize);

    private static byte[] Block(ReadOnlySpan<byte> name, long size, long modified, char type)
    {
        var block = new byte[BlockSize];
        name.CopyTo(block);
        Octal(block.AsSpan(100, 8), 420);
        Octal(block.AsSpan(108, 8), 0);
        Octal(block.AsSpan(116, 8), 0);
        Number(block.AsSpan(124, 12), size);
        Octal(block.AsSpan(136, 12), Math.Clamp(modified, 0, MaxOctal));
        block.AsSpan(148, 8).Fill((byte)' ');
        block[156] = (byte)type;
        "ustar  "u8.CopyTo(block.AsSpan(257));
        var sum = 0;
        foreach (var value in block)
            sum += value;
        Octal(block.AsSpan(148, 7), sum);
        return block;
    }

    private static void Number(Span<byte> field, long value)
    {
        if (value <= MaxOctal)
        {
            Octal(field, value);
            return;
        }
        for (var i = field.Length - 1; i > 0; i--, value >>= 8)
            field[i] = (byte)value;
        field[0] = 0x80;
    }

    private static void Octal(Span<byte> field, long value) =>
        Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(field.Length - 1, '0'), field);
}
