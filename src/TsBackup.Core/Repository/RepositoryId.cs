using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace TsBackup.Repository;

/// <summary>The random id of a repository, in every object of it.</summary>
internal readonly record struct RepositoryId(ulong High, ulong Low)
{
    public const int Size = 16;

    public static RepositoryId New() => Read(RandomNumberGenerator.GetBytes(Size));

    public static RepositoryId Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{High:x16}{Low:x16}");
}
