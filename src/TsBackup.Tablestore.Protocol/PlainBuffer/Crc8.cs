namespace TsBackup.Tablestore.Protocol.PlainBuffer;

/// <summary>CRC-8 with polynomial 0x07, most significant bit first, start and final xor 0.</summary>
internal static class Crc8
{
    private const int Lanes = 8;
    private static readonly byte[][] Tables = MakeTables();

    /// <summary>Feeds a byte.</summary>
    public static byte Add(byte crc, byte value) => Tables[0][crc ^ value];

    /// <summary>Feeds bytes.</summary>
    public static byte Add(byte crc, ReadOnlySpan<byte> bytes)
    {
        var tables = Tables;
        while (bytes.Length >= Lanes)
        {
            // Eight bytes a step: the register is one byte wide, so all but the first byte are looked up independently.
            crc = (byte)(tables[7][crc ^ bytes[0]] ^ tables[6][bytes[1]] ^ tables[5][bytes[2]] ^ tables[4][bytes[3]]
                ^ tables[3][bytes[4]] ^ tables[2][bytes[5]] ^ tables[1][bytes[6]] ^ tables[0][bytes[7]]);
            bytes = bytes[Lanes..];
        }
        var table = tables[0];
        foreach (var value in bytes)
            crc = table[crc ^ value];
        return crc;
    }

    /// <summary>Feeds a 32-bit number, least significant byte first.</summary>
    public static byte Add(byte crc, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BitConverter.TryWriteBytes(bytes, value);
        return Add(crc, bytes);
    }

    /// <summary>Feeds a 64-bit number, least significant byte first.</summary>
    public static byte Add(byte crc, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BitConverter.TryWriteBytes(bytes, value);
        return Add(crc, bytes);
    }

    private static byte[][] MakeTables()
    {
        var tables = new byte[Lanes][];
        tables[0] = new byte[256];
        for (var i = 0; i < 256; i++)
        {
            var x = i;
            for (var bit = 0; bit < 8; bit++)
                x = (x << 1) ^ ((x & 0x80) != 0 ? 0x107 : 0);
            tables[0][i] = (byte)x;
        }
        for (var lane = 1; lane < Lanes; lane++)
        {
            tables[lane] = new byte[256];
            for (var i = 0; i < 256; i++)
                tables[lane][i] = tables[0][tables[lane - 1][i]];
        }
        return tables;
    }
}
