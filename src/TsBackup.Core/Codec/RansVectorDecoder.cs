using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TsBackup.Codec;

/// <summary>Decodes 32 interleaved states at once; the result is that of the scalar decoder.</summary>
internal static class RansVectorDecoder
{
    private static readonly Vector256<int>[] s_spread = MakeSpread();

    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>Decodes as many whole groups of 32 as the words are certain to suffice for.</summary>
    /// <returns>Bytes decoded and words used.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe (int Done, int Used) Decode(
        Span<byte> bytes, ReadOnlySpan<uint> slots, Span<uint> states, ReadOnlySpan<ushort> words)
    {
        var a = Vector256.Create<uint>(states);
        var b = Vector256.Create<uint>(states[8..]);
        var c = Vector256.Create<uint>(states[16..]);
        var d = Vector256.Create<uint>(states[24..]);
        var done = 0;
        var used = 0;
        ref var byte0 = ref MemoryMarshal.GetReference(bytes);
        ref var spread = ref MemoryMarshal.GetArrayDataReference(s_spread);
        var order = Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7);
        fixed (uint* slot = slots)
        fixed (ushort* word = words)
        {
            // 8 words are read at a place where up to 24 have been used before in the same round.
            while (done + RansEncoder.ManyLanes <= bytes.Length && used + RansEncoder.ManyLanes <= words.Length)
            {
                var sa = Step(ref a, slot, word, ref used, ref spread);
                var sb = Step(ref b, slot, word, ref used, ref spread);
                var sc = Step(ref c, slot, word, ref used, ref spread);
                var sd = Step(ref d, slot, word, ref used, ref spread);
                var ab = Avx2.PackUnsignedSaturate(sa.AsInt32(), sb.AsInt32());
                var cd = Avx2.PackUnsignedSaturate(sc.AsInt32(), sd.AsInt32());
                var all = Avx2.PackUnsignedSaturate(ab.AsInt16(), cd.AsInt16());
                Avx2.PermuteVar8x32(all.AsInt32(), order).AsByte().StoreUnsafe(ref byte0, (nuint)done);
                done += RansEncoder.ManyLanes;
            }
        }
        a.CopyTo(states);
        b.CopyTo(states[8..]);
        c.CopyTo(states[16..]);
        d.CopyTo(states[24..]);
        return (done, used);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector256<uint> Step(
        ref Vector256<uint> state, uint* slot, ushort* word, ref int used, ref Vector256<int> spread)
    {
        var x = state;
        var low = Vector256.Create<uint>(SymbolModel.Total - 1);
        var entry = Avx2.GatherVector256(slot, (x & low).AsInt32(), 4);
        x = ((entry >>> 20) * (x >>> SymbolModel.Bits)) + ((entry >>> 8) & low);
        var needs = Vector256.Equals(x >>> 15, Vector256<uint>.Zero);
        var mask = needs.ExtractMostSignificantBits();
        var next = Avx2.ConvertToVector256Int32(word + used);
        next = Avx2.PermuteVar8x32(next, Unsafe.Add(ref spread, mask));
        state = Vector256.ConditionalSelect(needs, (x << 16) | next.AsUInt32(), x);
        used += BitOperations.PopCount(mask);
        return entry & Vector256.Create(0xFFu);
    }

    /// <summary>For each set of lanes: which of the next words each of them gets.</summary>
    private static Vector256<int>[] MakeSpread()
    {
        var spread = new Vector256<int>[256];
        Span<int> indices = stackalloc int[8];
        for (var mask = 0; mask < spread.Length; mask++)
        {
            for (var lane = 0; lane < 8; lane++)
                indices[lane] = BitOperations.PopCount((uint)mask & ((1u << lane) - 1));
            spread[mask] = Vector256.Create<int>(indices);
        }
        return spread;
    }
}
