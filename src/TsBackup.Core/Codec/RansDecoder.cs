using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TsBackup.Codec;

/// <summary>Reads what <see cref="RansEncoder"/> writes.</summary>
internal static class RansDecoder
{
    [SkipLocalsInit]
    public static void Read(ref BlockReader reader, scoped Span<byte> bytes, int lanes)
    {
        Span<int> frequencies = stackalloc int[ByteHistogram.Size];
        SymbolModel.Read(ref reader, frequencies);
        Span<uint> slots = stackalloc uint[SymbolModel.Total];
        FillSlots(frequencies, slots);
        var count = reader.ReadCount(reader.Remaining / 2);
        Span<uint> states = stackalloc uint[lanes];
        MemoryMarshal.Cast<byte, uint>(reader.Read(lanes * 4)).CopyTo(states);
        foreach (var state in states)
        {
            if (state - RansEncoder.LowerBound >= int.MaxValue + 1u - RansEncoder.LowerBound)
                throw BlockFault.Damaged("a stream starts in an impossible state");
        }
        var words = MemoryMarshal.Cast<byte, ushort>(reader.Read(count * 2));
        var done = 0;
        var used = 0;
        if (lanes == RansEncoder.ManyLanes && RansVectorDecoder.IsSupported)
            (done, used) = RansVectorDecoder.Decode(bytes, slots, states, words);
        used = Decode(bytes, done, slots, states, words, used);
        if (used != count || states.ContainsAnyExcept(RansEncoder.LowerBound))
            throw BlockFault.Damaged("a stream does not end where it began");
    }

    /// <summary>Decodes from <paramref name="done"/> to the end.</summary>
    /// <returns>Number of words used.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Decode(
        Span<byte> bytes, int done, ReadOnlySpan<uint> slots, Span<uint> states, ReadOnlySpan<ushort> words, int used)
    {
        ref var slot0 = ref MemoryMarshal.GetReference(slots);
        ref var state0 = ref MemoryMarshal.GetReference(states);
        var mask = states.Length - 1;
        for (var i = done; i < bytes.Length; i++)
        {
            ref var state = ref Unsafe.Add(ref state0, i & mask);
            var x = state;
            var slot = Unsafe.Add(ref slot0, x & (SymbolModel.Total - 1));
            bytes[i] = (byte)slot;
            x = ((slot >> 20) * (x >> SymbolModel.Bits)) + ((slot >> 8) & (SymbolModel.Total - 1));
            if (x < RansEncoder.LowerBound)
            {
                if ((uint)used >= (uint)words.Length)
                    throw BlockFault.Damaged("a stream ends early");
                x = (x << 16) | words[used++];
            }
            state = x;
        }
        return used;
    }

    /// <summary>One entry per slot of the model: byte value (8 bits), distance to the start of its range (12), frequency (12).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FillSlots(ReadOnlySpan<int> frequencies, Span<uint> slots)
    {
        var at = 0;
        for (var symbol = 0; symbol < frequencies.Length; symbol++)
        {
            var frequency = frequencies[symbol];
            var entry = (uint)symbol | ((uint)frequency << 20);
            for (var i = 0; i < frequency; i++)
                slots[at + i] = entry + ((uint)i << 8);
            at += frequency;
        }
    }
}
