using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TsBackup.Codec;

/// <summary>
/// Splits numbers into a token, which tells the magnitude and the leading bits and is entropy-coded, and extra bits, which are
/// close to evenly spread and stored as they are. With p precise bits, a number of at most p + 1 bits is its own token; a longer one
/// has token (e &lt;&lt; p) + (number &gt;&gt; e) and e extra bits, e being its length in bits less p + 1.
/// </summary>
internal static class TokenAlphabet
{
    /// <summary>Precise bits that suit every number.</summary>
    public const int Coarse = 2;

    /// <summary>Precise bits that suit numbers below <see cref="FineLimit"/>.</summary>
    public const int Fine = 3;

    /// <summary>Above the numbers whose tokens fit a byte with <see cref="Fine"/>.</summary>
    public const ulong FineLimit = 1UL << 34;

    /// <summary>Number of extra bits that come with a token.</summary>
    public static int ExtraBits(int token, int precise)
    {
        var direct = 2 << precise;
        return token < direct ? 0 : (token >> precise) - 1;
    }

    /// <summary>Smallest number of a token.</summary>
    public static ulong Base(int token, int precise)
    {
        var extra = ExtraBits(token, precise);
        return (ulong)(token - (extra << precise)) << extra;
    }

    /// <summary>Largest token there is.</summary>
    public static int MaxToken(int precise) => precise == Fine ? 255 : ((61 << Coarse) + 7);

    /// <summary>Sets the token of each number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tokenize(ReadOnlySpan<ulong> numbers, Span<byte> tokens, int precise)
    {
        var done = Avx512CD.IsSupported ? TokenizeVector(numbers, tokens, precise) : 0;
        var floor = 1UL << precise;
        var longest = 63 - precise;
        for (var i = done; i < numbers.Length; i++)
        {
            var number = numbers[i];
            var extra = longest - BitOperations.LeadingZeroCount(number | floor);
            tokens[i] = (byte)((extra << precise) + (int)(number >> extra));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int TokenizeVector(ReadOnlySpan<ulong> numbers, Span<byte> tokens, int precise)
    {
        var floor = Vector512.Create(1UL << precise);
        var longest = Vector512.Create((ulong)(63 - precise));
        ref var number = ref MemoryMarshal.GetReference(numbers);
        ref var token = ref MemoryMarshal.GetReference(tokens[..numbers.Length]);
        var i = 0;
        for (; i + 8 <= numbers.Length; i += 8)
        {
            var values = Vector512.LoadUnsafe(ref number, (nuint)i);
            var extra = longest - Avx512CD.LeadingZeroCount(values | floor);
            var result = (extra << precise) + Avx512F.ShiftRightLogicalVariable(values, extra);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref token, i), Avx512F.ConvertToVector128Byte(result).AsUInt64().ToScalar());
        }
        return i;
    }
}
