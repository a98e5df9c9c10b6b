using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TsBackup.Model;

/// <summary>
/// SHA-256 (FIPS 180-4) of eight messages of as many blocks at once, one in each lane of the vectors. For short messages this is several
/// times as fast as one call of the platform's implementation for each. Methods are compiled at full strength at once: vector code
/// without optimization would cost more in its first tenth of a second than all that follows.
/// </summary>
internal static class Sha256Lanes
{
    /// <summary>Messages at once.</summary>
    public const int Lanes = 8;

    /// <summary>Bytes of a block.</summary>
    public const int BlockSize = 64;

    /// <summary>Bytes of a hash.</summary>
    public const int HashSize = 32;

    private const int Words = 16;
    private const int Half = 8;
    private const int Rounds = 64;

    /// <summary>True when this machine has what it takes.</summary>
    public static bool IsSupported => Avx2.IsSupported && BitConverter.IsLittleEndian;

    private static ReadOnlySpan<uint> Start =>
        [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    private static ReadOnlySpan<uint> RoundConstants =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <summary>Blocks that a message takes with its padding.</summary>
    public static int BlocksOf(int length) => (length + 8 + BlockSize) / BlockSize;

    /// <summary>Writes a message with its padding.</summary>
    /// <param name="message">The message.</param>
    /// <param name="lane">Its blocks.</param>
    public static void Pad(ReadOnlySpan<byte> message, Span<byte> lane)
    {
        message.CopyTo(lane);
        lane[message.Length] = 0x80;
        lane[(message.Length + 1)..].Clear();
        BinaryPrimitives.WriteUInt64BigEndian(lane[^8..], (ulong)message.Length * 8);
    }

    /// <summary>Hashes eight padded messages.</summary>
    /// <param name="messages">The messages, <paramref name="blocks"/> blocks each, one after another.</param>
    /// <param name="blocks">Blocks of each.</param>
    /// <param name="hashes">Takes eight hashes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hash(ReadOnlySpan<byte> messages, int blocks, Span<byte> hashes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(messages.Length, Lanes * blocks * BlockSize);
        ArgumentOutOfRangeException.ThrowIfNotEqual(hashes.Length, Lanes * HashSize);
        Span<Vector256<uint>> state = stackalloc Vector256<uint>[8];
        Span<Vector256<uint>> words = stackalloc Vector256<uint>[Words];
        for (var i = 0; i < state.Length; i++)
            state[i] = Vector256.Create(Start[i]);
        ref var first = ref MemoryMarshal.GetReference(messages);
        for (var block = 0; block < blocks; block++)
        {
            ref var start = ref Unsafe.Add(ref first, block * BlockSize);
            Load(ref start, blocks * BlockSize, words[..8]);
            Load(ref Unsafe.Add(ref start, BlockSize / 2), blocks * BlockSize, words[8..]);
            Compress(words, state);
        }
        Transpose(state);
        for (var lane = 0; lane < Lanes; lane++)
            Swap(state[lane].AsByte()).CopyTo(hashes[(lane * HashSize)..]);
    }

    /// <summary>Half a block of each message: word by word, each with all lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Load(ref byte start, int stride, Span<Vector256<uint>> words)
    {
        for (var lane = 0; lane < Lanes; lane++)
            words[lane] = Swap(Vector256.LoadUnsafe(ref start, (nuint)(lane * stride))).AsUInt32();
        Transpose(words);
    }

    /// <summary>Turns the bytes of each word around.</summary>
    private static Vector256<byte> Swap(Vector256<byte> bytes) => Avx2.Shuffle(bytes, Vector256.Create(
        (byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(Span<Vector256<uint>> rows)
    {
        var a = Avx2.UnpackLow(rows[0], rows[1]).AsUInt64();
        var b = Avx2.UnpackHigh(rows[0], rows[1]).AsUInt64();
        var c = Avx2.UnpackLow(rows[2], rows[3]).AsUInt64();
        var d = Avx2.UnpackHigh(rows[2], rows[3]).AsUInt64();
        var e = Avx2.UnpackLow(rows[4], rows[5]).AsUInt64();
        var f = Avx2.UnpackHigh(rows[4], rows[5]).AsUInt64();
        var g = Avx2.UnpackLow(rows[6], rows[7]).AsUInt64();
        var h = Avx2.UnpackHigh(rows[6], rows[7]).AsUInt64();
        Put(rows, 0, Avx2.UnpackLow(a, c), Avx2.UnpackLow(e, g));
        Put(rows, 1, Avx2.UnpackHigh(a, c), Avx2.UnpackHigh(e, g));
        Put(rows, 2, Avx2.UnpackLow(b, d), Avx2.UnpackLow(f, h));
        Put(rows, 3, Avx2.UnpackHigh(b, d), Avx2.UnpackHigh(f, h));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Span<Vector256<uint>> rows, int row, Vector256<ulong> left, Vector256<ulong> right)
    {
        rows[row] = Avx2.Permute2x128(left, right, 0x20).AsUInt32();
        rows[row + 4] = Avx2.Permute2x128(left, right, 0x31).AsUInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(Span<Vector256<uint>> words, Span<Vector256<uint>> state)
    {
        ref var constants = ref MemoryMarshal.GetReference(RoundConstants);
        ref var left = ref MemoryMarshal.GetReference(words);
        ref var right = ref Unsafe.Add(ref left, Half);
        var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
        var (e, f, g, h) = (state[4], state[5], state[6], state[7]);
        for (var round = 0; round < Rounds; round += Half)
        {
            ref var w = ref (round & Half) == 0 ? ref left : ref right;
            ref var other = ref (round & Half) == 0 ? ref right : ref left;
            if (round >= Words)
                Expand(ref w, ref other);
            ref var k = ref Unsafe.Add(ref constants, round);
            h += Choose(e, f, g, Unsafe.Add(ref w, 0), Unsafe.Add(ref k, 0));
            d += h;
            h += Join(a, b, c);
            g += Choose(d, e, f, Unsafe.Add(ref w, 1), Unsafe.Add(ref k, 1));
            c += g;
            g += Join(h, a, b);
            f += Choose(c, d, e, Unsafe.Add(ref w, 2), Unsafe.Add(ref k, 2));
            b += f;
            f += Join(g, h, a);
            e += Choose(b, c, d, Unsafe.Add(ref w, 3), Unsafe.Add(ref k, 3));
            a += e;
            e += Join(f, g, h);
            d += Choose(a, b, c, Unsafe.Add(ref w, 4), Unsafe.Add(ref k, 4));
            h += d;
            d += Join(e, f, g);
            c += Choose(h, a, b, Unsafe.Add(ref w, 5), Unsafe.Add(ref k, 5));
            g += c;
            c += Join(d, e, f);
            b += Choose(g, h, a, Unsafe.Add(ref w, 6), Unsafe.Add(ref k, 6));
            f += b;
            b += Join(c, d, e);
            a += Choose(f, g, h, Unsafe.Add(ref w, 7), Unsafe.Add(ref k, 7));
            e += a;
            a += Join(b, c, d);
        }
        (state[0], state[1], state[2], state[3]) = (state[0] + a, state[1] + b, state[2] + c, state[3] + d);
        (state[4], state[5], state[6], state[7]) = (state[4] + e, state[5] + f, state[6] + g, state[7] + h);
    }

    /// <summary>The next eight words of the message schedule in place of the eight that are oldest.</summary>
    /// <param name="w">The oldest, which come out new.</param>
    /// <param name="other">The eight after them.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Expand(ref Vector256<uint> w, ref Vector256<uint> other)
    {
        Next(ref w, Unsafe.Add(ref w, 1), Unsafe.Add(ref other, 1), Unsafe.Add(ref other, 6));
        Next(ref Unsafe.Add(ref w, 1), Unsafe.Add(ref w, 2), Unsafe.Add(ref other, 2), Unsafe.Add(ref other, 7));
        Next(ref Unsafe.Add(ref w, 2), Unsafe.Add(ref w, 3), Unsafe.Add(ref other, 3), w);
        Next(ref Unsafe.Add(ref w, 3), Unsafe.Add(ref w, 4), Unsafe.Add(ref other, 4), Unsafe.Add(ref w, 1));
        Next(ref Unsafe.Add(ref w, 4), Unsafe.Add(ref w, 5), Unsafe.Add(ref other, 5), Unsafe.Add(ref w, 2));
        Next(ref Unsafe.Add(ref w, 5), Unsafe.Add(ref w, 6), Unsafe.Add(ref other, 6), Unsafe.Add(ref w, 3));
        Next(ref Unsafe.Add(ref w, 6), Unsafe.Add(ref w, 7), Unsafe.Add(ref other, 7), Unsafe.Add(ref w, 4));
        Next(ref Unsafe.Add(ref w, 7), other, w, Unsafe.Add(ref w, 5));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Next(ref Vector256<uint> word, Vector256<uint> second, Vector256<uint> tenth, Vector256<uint> fifteenth) =>
        word += Xor(Rotate(second, 7), Rotate(second, 18), second >>> 3) + tenth
            + Xor(Rotate(fifteenth, 17), Rotate(fifteenth, 19), fifteenth >>> 10);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Choose(Vector256<uint> e, Vector256<uint> f, Vector256<uint> g, Vector256<uint> word, uint constant)
    {
        var chosen = Avx512F.VL.IsSupported ? Avx512F.VL.TernaryLogic(e, f, g, 0xCA) : ((f ^ g) & e) ^ g;
        return Xor(Rotate(e, 6), Rotate(e, 11), Rotate(e, 25)) + chosen + (word + Vector256.Create(constant));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Join(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c)
    {
        var most = Avx512F.VL.IsSupported ? Avx512F.VL.TernaryLogic(a, b, c, 0xE8) : (a & b) | ((a | b) & c);
        return Xor(Rotate(a, 2), Rotate(a, 13), Rotate(a, 22)) + most;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Xor(Vector256<uint> x, Vector256<uint> y, Vector256<uint> z) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.TernaryLogic(x, y, z, 0x96) : x ^ y ^ z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotate(Vector256<uint> value, [ConstantExpected] byte bits) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateRight(value, bits) : (value >>> bits) | (value << (32 - bits));
}
