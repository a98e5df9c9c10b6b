using System.Buffers.Binary;

namespace TsBackup.Model;

/// <summary>
/// The digest of a slice: the sum mod 2^256 of one SHA-256 per key tuple over its canonical rows (FORMAT.md, "Digest"). Equal rows give
/// equal digests whatever the codec, batch size, order of key tuples or repository.
/// </summary>
public readonly struct SliceDigest : IEquatable<SliceDigest>
{
    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    private SliceDigest(ulong a, ulong b, ulong c, ulong d)
    {
        _a = a;
        _b = b;
        _c = c;
        _d = d;
    }

    /// <summary>The digest of no rows.</summary>
    public static SliceDigest Empty => default;

    /// <summary>Reads 32 bytes, least significant first.</summary>
    public static SliceDigest FromBytes(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));

    /// <summary>Reads 64 hexadecimal digits.</summary>
    public static SliceDigest Parse(string hex) => FromBytes(Convert.FromHexString(hex));

    /// <summary>Adds two digests: the digest of both sets of key tuples.</summary>
    public static SliceDigest operator +(SliceDigest x, SliceDigest y)
    {
        var a = x._a + y._a;
        var b = Sum(x._b, y._b, a < x._a, out var carry);
        var c = Sum(x._c, y._c, carry, out carry);
        return new SliceDigest(a, b, c, x._d + y._d + (carry ? 1UL : 0));

        static ulong Sum(ulong x, ulong y, bool carryIn, out bool carryOut)
        {
            var sum = x + y;
            var all = sum + (carryIn ? 1UL : 0);
            carryOut = sum < x || all < sum;
            return all;
        }
    }

    /// <summary>Equality of all 256 bits.</summary>
    public static bool operator ==(SliceDigest x, SliceDigest y) => x.Equals(y);

    /// <summary>Inequality.</summary>
    public static bool operator !=(SliceDigest x, SliceDigest y) => !x.Equals(y);

    /// <summary>Writes 32 bytes, least significant first.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, _a);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], _d);
    }

    /// <inheritdoc/>
    public bool Equals(SliceDigest other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SliceDigest other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_a, _b, _c, _d);

    /// <summary>64 hexadecimal digits, in the order of <see cref="CopyTo"/>.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[32];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
