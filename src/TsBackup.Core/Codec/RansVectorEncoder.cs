using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TsBackup.Codec;

/// <summary>Encodes 32 interleaved states at once; the words are those of the scalar encoder.</summary>
internal static class RansVectorEncoder
{
    private static readonly Vector256<int>[] s_gather = MakeGather();

    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>Encodes all bytes; words are written downwards from the end of <paramref name="words"/>.</summary>
    /// <returns>Index of the lowest word.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe int Encode(
        ReadOnlySpan<byte> bytes, ReadOnlySpan<RansEncoder.Symbol> symbols, Span<uint> states, Span<ushort> words)
    {
        var whole = bytes.Length & ~(RansEncoder.ManyLanes - 1);
        var at = EncodeTail(bytes, whole, symbols, states, words);
        var a = Vector256.Create<uint>(states);
        var b = Vector256.Create<uint>(states[8..]);
        var c = Vector256.Create<uint>(states[16..]);
        var d = Vector256.Create<uint>(states[24..]);
        ref var gather = ref MemoryMarshal.GetArrayDataReference(s_gather);
        var i = whole;
        fixed (RansEncoder.Symbol* symbol = symbols)
        fixed (byte* source = bytes)
        fixed (ushort* word = words)
        {
            // A step may write 8 words below its place, whatever it keeps; below 32 the scalar encoder takes over.
            while (i > 0 && at >= RansEncoder.ManyLanes)
            {
                i -= RansEncoder.ManyLanes;
                Step(ref d, source + i + 24, symbol, word, ref at, ref gather);
                Step(ref c, source + i + 16, symbol, word, ref at, ref gather);
                Step(ref b, source + i + 8, symbol, word, ref at, ref gather);
                Step(ref a, source + i, symbol, word, ref at, ref gather);
            }
        }
        a.CopyTo(states);
        b.CopyTo(states[8..]);
        c.CopyTo(states[16..]);
        d.CopyTo(states[24..]);
        return RansEncoder.Encode(bytes, i, symbols, states, words, at);
    }

    private static int EncodeTail(
        ReadOnlySpan<byte> bytes, int whole, ReadOnlySpan<RansEncoder.Symbol> symbols, Span<uint> states, Span<ushort> words) =>
        RansEncoder.Encode(bytes[whole..], bytes.Length - whole, symbols, states, words, words.Length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Step(
        ref Vector256<uint> state, byte* source, RansEncoder.Symbol* symbol, ushort* word, ref int at, ref Vector256<int> gather)
    {
        // An entry has four numbers of 32 bits: limit, reciprocal, bias, complement and shift.
        var index = Avx2.ConvertToVector256Int32(source) << 2;
        var limit = Avx2.GatherVector256((uint*)symbol, index, 4);
        var reciprocal = Avx2.GatherVector256((uint*)symbol + 1, index, 4);
        var bias = Avx2.GatherVector256((uint*)symbol + 2, index, 4);
        var rest = Avx2.GatherVector256((uint*)symbol + 3, index, 4);
        var x = state;
        var full = Vector256.Equals(Vector256.Max(x, limit), x);
        var mask = full.ExtractMostSignificantBits();
        var low = Avx2.PermuteVar8x32(x.AsInt32(), Unsafe.Add(ref gather, mask)) & Vector256.Create(0xFFFF);
        var packed = Avx2.PackUnsignedSaturate(low, low);
        Vector128.Store(Avx2.Permute4x64(packed.AsInt64(), 0b1000).GetLower().AsUInt16(), word + at - 8);
        at -= BitOperations.PopCount(mask);
        x = Vector256.ConditionalSelect(full, x >>> 16, x);
        var even = Avx2.Multiply(x, reciprocal) >>> 32;
        var odd = Avx2.Multiply((x.AsUInt64() >>> 32).AsUInt32(), (reciprocal.AsUInt64() >>> 32).AsUInt32());
        var high = Avx2.Blend(even.AsUInt32(), odd.AsUInt32(), 0b10101010);
        var quotient = Avx2.ShiftRightLogicalVariable(high, rest >>> 16);
        state = x + bias + (quotient * (rest & Vector256.Create(0xFFFFu)));
    }

    /// <summary>For each set of lanes: the lanes that write, in order, at the upper end.</summary>
    private static Vector256<int>[] MakeGather()
    {
        var gather = new Vector256<int>[256];
        Span<int> lanes = stackalloc int[8];
        for (var mask = 0; mask < gather.Length; mask++)
        {
            lanes.Clear();
            var at = 8 - BitOperations.PopCount((uint)mask);
            for (var lane = 0; lane < 8; lane++)
            {
                if ((mask >> lane & 1) != 0)
                    lanes[at++] = lane;
            }
            gather[mask] = Vector256.Create<int>(lanes);
        }
        return gather;
    }
}
