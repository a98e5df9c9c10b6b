using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace TsBackup.Repository;

/// <summary>The random id of a repository, in every object of it.</summary>
internal readonly record struct RepositoryId(UInt128 Value)
{
    public const int Size = 16;

    public static RepositoryId New() => Read(RandomNumberGenerator.GetBytes(Size));

    public static RepositoryId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    public void Write(Span<byte> bytes) => BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
