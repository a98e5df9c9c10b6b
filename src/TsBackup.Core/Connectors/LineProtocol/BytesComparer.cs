using System.Numerics;
using System.Runtime.InteropServices;

namespace TsBackup.Connectors.LineProtocol;

/// <summary>Compares byte strings by content, arrays and spans alike.</summary>
internal sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static readonly BytesComparer Instance = new();

    private const ulong Prime = 0x9E3779B97F4A7C15;

    // Another one in every process, so that nobody can write a file whose names all fall into one bucket.
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;

    /// <summary>A hash that is the same for equal bytes within this process.</summary>
    public static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = Seed ^ ((ulong)bytes.Length * Prime);
        while (bytes.Length >= 8)
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(bytes));
            bytes = bytes[8..];
        }
        var rest = 0UL;
        foreach (var b in bytes)
            rest = (rest << 8) | b;
        return Mix(hash ^ rest);
    }

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj) => (int)Hash(obj);

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)Hash(alternate);

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    private static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value, Seed ^ Prime, out var low);
        return BitOperations.RotateLeft(high, 23) ^ low;
    }
}
