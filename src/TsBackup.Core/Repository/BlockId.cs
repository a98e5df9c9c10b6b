using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace TsBackup.Repository;

/// <summary>Id of a block: the keyed hash of its plain bytes (FORMAT.md section 4). 32 bytes.</summary>
public readonly struct BlockId : IEquatable<BlockId>, IComparable<BlockId>
{
    /// <summary>Bytes of an id.</summary>
    public const int Size = 32;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    /// <summary>Takes an id from its 32 bytes.</summary>
    public BlockId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException("A block id has 32 bytes.", nameof(bytes));
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>First eight bytes as a number; evenly spread over all ids of a repository.</summary>
    internal ulong Prefix => _a;

    /// <summary>Reads an id from 64 hexadecimal digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out BlockId id)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var isId = text is { Length: 2 * Size } && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
        id = isId ? new BlockId(bytes) : default;
        return isId;
    }

    /// <summary>Whether two ids are the same.</summary>
    public static bool operator ==(BlockId left, BlockId right) => left.Equals(right);

    /// <summary>Whether two ids differ.</summary>
    public static bool operator !=(BlockId left, BlockId right) => !left.Equals(right);

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _d);
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public bool Equals(BlockId other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BlockId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)_a;

    /// <inheritdoc/>
    public int CompareTo(BlockId other)
    {
        if (_a != other._a)
            return _a.CompareTo(other._a);
        if (_b != other._b)
            return _b.CompareTo(other._b);
        return _c != other._c ? _c.CompareTo(other._c) : _d.CompareTo(other._d);
    }

    /// <summary>64 hexadecimal digits in lower case.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());
}
