using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TsBackup.Codec;

/// <summary>
/// Range coder of the asymmetric numeral kind (J. Duda, "Asymmetric numeral systems", 2013; interleaving after F. Giesen, "Interleaved
/// entropy coders", 2014) with 31-bit states, 16-bit words and a fixed model per stream. Layout: FORMAT.md, "Blocks and column encodings".
/// </summary>
internal static class RansEncoder
{
    /// <summary>States of a short stream.</summary>
    public const int FewLanes = 4;

    /// <summary>States of a long stream; wide enough for vector units.</summary>
    public const int ManyLanes = 32;

    /// <summary>Every state is at least this, and the encoder starts there.</summary>
    public const uint LowerBound = 1 << 15;

    /// <summary>Writes model, words and states of <paramref name="bytes"/>.</summary>
    [SkipLocalsInit]
    public static void Write(BlockWriter writer, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> frequencies, int lanes)
    {
        SymbolModel.Write(writer, frequencies);
        Span<Symbol> symbols = stackalloc Symbol[ByteHistogram.Size];
        uint start = 0;
        for (var i = 0; i < symbols.Length; i++)
        {
            symbols[i] = frequencies[i] == 0 ? default : new Symbol(start, (uint)frequencies[i]);
            start += (uint)frequencies[i];
        }
        Span<uint> states = stackalloc uint[lanes];
        states.Fill(LowerBound);
        using var words = new Scratch<ushort>(bytes.Length + 1);
        var at = lanes == ManyLanes && RansVectorEncoder.IsSupported
            ? RansVectorEncoder.Encode(bytes, symbols, states, words.Span)
            : Encode(bytes, bytes.Length, symbols, states, words.Span, words.Span.Length);
        var used = words.Span[at..];
        writer.WriteVarint((ulong)used.Length);
        writer.Write(MemoryMarshal.AsBytes(states));
        writer.Write(MemoryMarshal.AsBytes(used));
    }

    /// <summary>
    /// Encodes the first <paramref name="count"/> bytes from the last to the first; words are written downwards from <paramref name="at"/>.
    /// </summary>
    /// <returns>Index of the lowest word.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Encode(
        ReadOnlySpan<byte> bytes, int count, ReadOnlySpan<Symbol> symbols, Span<uint> states, Span<ushort> words, int at)
    {
        ref var symbol0 = ref MemoryMarshal.GetReference(symbols);
        ref var state0 = ref MemoryMarshal.GetReference(states);
        ref var word0 = ref MemoryMarshal.GetReference(words);
        ref var byte0 = ref MemoryMarshal.GetReference(bytes[..count]);
        var mask = states.Length - 1;
        for (var i = count - 1; i >= 0; i--)
        {
            ref readonly var symbol = ref Unsafe.Add(ref symbol0, Unsafe.Add(ref byte0, i));
            ref var state = ref Unsafe.Add(ref state0, i & mask);
            var x = state;
            if (x >= symbol.Limit)
            {
                Unsafe.Add(ref word0, --at) = (ushort)x;
                x >>= 16;
            }
            var quotient = (uint)(((ulong)x * symbol.Reciprocal) >> 32) >> symbol.Shift;
            state = x + symbol.Bias + (quotient * symbol.Complement);
        }
        return at;
    }

    /// <summary>What encoding needs to know of one byte value; dividing by the frequency is a multiplication.</summary>
    public readonly struct Symbol
    {
        public readonly uint Limit;
        public readonly uint Reciprocal;
        public readonly uint Bias;
        public readonly ushort Complement;
        public readonly ushort Shift;

        public Symbol(uint start, uint frequency)
        {
            Limit = frequency << (31 - SymbolModel.Bits);
            Complement = (ushort)(SymbolModel.Total - frequency);
            if (frequency == 1)
            {
                // x * (2^32 - 1) >> 32 is x - 1; the bias makes up for it.
                Reciprocal = uint.MaxValue;
                Shift = 0;
                Bias = start + SymbolModel.Total - 1;
                return;
            }
            var shift = 32 - System.Numerics.BitOperations.LeadingZeroCount(frequency - 1);
            Reciprocal = (uint)(((1UL << (shift + 31)) + frequency - 1) / frequency);
            Shift = (ushort)(shift - 1);
            Bias = start;
        }
    }
}
