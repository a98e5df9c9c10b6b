using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// CRC-32 of IEEE 802.3 (reflected polynomial 0xEDB88320). With carry-less multiplication by folding 64 bytes at a time (Gopal et al.,
/// "Fast CRC computation for generic polynomials using PCLMULQDQ", Intel 2009), else by eight tables.
/// </summary>
internal static class Crc32
{
    private static readonly uint[] Tables = MakeTables();

    /// <summary>The checksum of the bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        if (Pclmulqdq.IsSupported && data.Length >= 64)
        {
            var folded = data.Length & ~15;
            crc = Fold(data[..folded], crc);
            data = data[folded..];
        }
        return ~ByTable(data, crc);
    }

    /// <summary>The checksum without special instructions, for machines that lack them.</summary>
    internal static uint ComputePortable(ReadOnlySpan<byte> data) => ~ByTable(data, uint.MaxValue);

    private static uint ByTable(ReadOnlySpan<byte> data, uint crc)
    {
        var tables = Tables;
        while (data.Length >= 8)
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(data) ^ crc;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            crc = tables[0x700 + (byte)low] ^ tables[0x600 + (byte)(low >> 8)]
                ^ tables[0x500 + (byte)(low >> 16)] ^ tables[0x400 + (low >> 24)]
                ^ tables[0x300 + (byte)high] ^ tables[0x200 + (byte)(high >> 8)]
                ^ tables[0x100 + (byte)(high >> 16)] ^ tables[high >> 24];
            data = data[8..];
        }
        foreach (var value in data)
            crc = (crc >> 8) ^ tables[(byte)(crc ^ value)];
        return crc;
    }

    private static uint Fold(ReadOnlySpan<byte> data, uint crc)
    {
        // Constants: x^(4*128+64), x^(4*128), x^(128+64), x^128, x^64 modulo the polynomial, reflected.
        var by4 = Vector128.Create(0x0154442bd4UL, 0x01c6e41596UL);
        var by1 = Vector128.Create(0x01751997d0UL, 0x00ccaa009eUL);
        var x1 = Vector128.Create(data).AsUInt64() ^ Vector128.CreateScalar(crc).AsUInt64();
        var x2 = Vector128.Create(data[16..]).AsUInt64();
        var x3 = Vector128.Create(data[32..]).AsUInt64();
        var x4 = Vector128.Create(data[48..]).AsUInt64();
        data = data[64..];
        while (data.Length >= 64)
        {
            x1 = Step(x1, by4) ^ Vector128.Create(data).AsUInt64();
            x2 = Step(x2, by4) ^ Vector128.Create(data[16..]).AsUInt64();
            x3 = Step(x3, by4) ^ Vector128.Create(data[32..]).AsUInt64();
            x4 = Step(x4, by4) ^ Vector128.Create(data[48..]).AsUInt64();
            data = data[64..];
        }
        x1 = Step(x1, by1) ^ x2;
        x1 = Step(x1, by1) ^ x3;
        x1 = Step(x1, by1) ^ x4;
        while (data.Length >= 16)
        {
            x1 = Step(x1, by1) ^ Vector128.Create(data).AsUInt64();
            data = data[16..];
        }

        // The 128 bits that are left have the checksum of the whole.
        Span<byte> rest = stackalloc byte[16];
        x1.AsByte().CopyTo(rest);
        return ByTable(rest, 0);
    }

    private static Vector128<ulong> Step(Vector128<ulong> value, Vector128<ulong> constants) =>
        Pclmulqdq.CarrylessMultiply(value, constants, 0x00) ^ Pclmulqdq.CarrylessMultiply(value, constants, 0x11);

    private static uint[] MakeTables()
    {
        var tables = new uint[8 * 256];
        for (var i = 0u; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            tables[i] = crc;
        }
        for (var i = 256; i < tables.Length; i++)
            tables[i] = (tables[i - 256] >> 8) ^ tables[(byte)tables[i - 256]];
        return tables;
    }
}
