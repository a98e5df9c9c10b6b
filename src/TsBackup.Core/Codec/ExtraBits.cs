using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TsBackup.Codec;

/// <summary>The extra bits of tokens: a stream of bits, least significant first, one field per number.</summary>
internal static class ExtraBits
{
    private const int WordBits = 64;

    /// <summary>Number of extra bits behind tokens that occur as often as counted.</summary>
    public static long Total(ReadOnlySpan<int> counts, int precise)
    {
        long total = 0;
        for (var token = 2 << precise; token < counts.Length; token++)
            total += (long)counts[token] * TokenAlphabet.ExtraBits(token, precise);
        return total;
    }

    /// <summary>Writes the extra bits of each number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Write(BlockWriter writer, ReadOnlySpan<ulong> numbers, ReadOnlySpan<byte> tokens, int precise, long total)
    {
        if (total == 0)
            return;
        var length = checked((int)((total + 7) / 8));
        var place = writer.Length;
        // Whole words are stored, so up to 16 bytes past the end are touched and taken back.
        ref var target = ref MemoryMarshal.GetReference(writer.Reserve(length + 16));
        ref var number = ref MemoryMarshal.GetReference(numbers);
        Span<byte> extras = stackalloc byte[ByteHistogram.Size];
        for (var token = 0; token < extras.Length; token++)
            extras[token] = (byte)TokenAlphabet.ExtraBits(token, precise);
        ref var extra0 = ref MemoryMarshal.GetReference(extras);
        ulong pending = 0;
        var filled = 0;
        nint at = 0;
        for (var i = 0; i < tokens.Length; i++)
        {
            int extra = Unsafe.Add(ref extra0, tokens[i]);
            var bits = Unsafe.Add(ref number, i) & ((1UL << extra) - 1);
            pending |= bits << filled;
            filled += extra;
            if (filled < WordBits)
                continue;
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at), pending);
            at += 8;
            filled -= WordBits;
            // A shift by 64 would shift by nothing; two shifts do what is meant.
            pending = bits >> 1 >> (extra - filled - 1);
        }
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at), pending);
        writer.Truncate(place + length);
    }

    /// <summary>Rebuilds numbers from their tokens and extra bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read(ref BlockReader reader, scoped Span<ulong> numbers, scoped ReadOnlySpan<byte> tokens, int precise)
    {
        Span<int> counts = stackalloc int[ByteHistogram.Size];
        ByteHistogram.Count(tokens, counts);
        if (counts[(TokenAlphabet.MaxToken(precise) + 1)..].ContainsAnyExcept(0))
            throw BlockFault.Damaged("a token is out of range");
        var total = Total(counts, precise);
        if (total > reader.Remaining * 8L)
            throw BlockFault.Damaged("it ends early");
        var source = reader.Read((int)((total + 7) / 8));
        Span<byte> extras = stackalloc byte[ByteHistogram.Size];
        Span<ulong> bases = stackalloc ulong[ByteHistogram.Size];
        for (var token = 0; token <= TokenAlphabet.MaxToken(precise); token++)
        {
            extras[token] = (byte)TokenAlphabet.ExtraBits(token, precise);
            bases[token] = TokenAlphabet.Base(token, precise);
        }
        // A field is cut out of the 8 bytes where it starts; longer ones and those near the end are read with care.
        var safeBits = ((long)source.Length - 8) * 8;
        ref var source0 = ref MemoryMarshal.GetReference(source);
        ref var extra0 = ref MemoryMarshal.GetReference(extras);
        ref var base0 = ref MemoryMarshal.GetReference(bases);
        long at = 0;
        for (var i = 0; i < tokens.Length; i++)
        {
            int token = tokens[i];
            int extra = Unsafe.Add(ref extra0, token);
            ulong bits;
            if (at <= safeBits && extra <= 57)
                bits = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source0, (nint)(at >> 3))) >> (int)(at & 7);
            else
                bits = ReadSlowly(source, at, extra);
            numbers[i] = Unsafe.Add(ref base0, token) + (bits & ((1UL << extra) - 1));
            at += extra;
        }
    }

    private static ulong ReadSlowly(ReadOnlySpan<byte> source, long at, int count)
    {
        ulong bits = 0;
        for (var done = 0; done < count; done++, at++)
            bits |= (ulong)(source[(int)(at >> 3)] >> (int)(at & 7) & 1) << done;
        return bits;
    }
}
