using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace TsBackup.Repository;

/// <summary>
/// The random id of a pack. Two words and not a UInt128: code that touches that type is not compiled ahead of time.
/// </summary>
internal readonly record struct PackId(ulong High, ulong Low)
{
    public const int Size = 16;

    public static PackId New() => Read(RandomNumberGenerator.GetBytes(Size));

    public static PackId Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Reads 32 hexadecimal digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PackId id)
    {
        id = default;
        if (text is not { Length: 2 * Size }
            || !ulong.TryParse(text.AsSpan(0, Size), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            || !ulong.TryParse(text.AsSpan(Size), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low))
        {
            return false;
        }
        id = new PackId(high, low);
        return true;
    }

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{High:x16}{Low:x16}");
}
