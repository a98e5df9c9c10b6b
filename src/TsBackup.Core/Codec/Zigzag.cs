using System.Runtime.CompilerServices;

namespace TsBackup.Codec;

/// <summary>Maps signed numbers near zero to small unsigned ones: 0, −1, 1, −2 … become 0, 1, 2, 3 …</summary>
internal static class Zigzag
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Encode(long value) => (ulong)((value << 1) ^ (value >> 63));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Decode(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);
}
