using System.Runtime.CompilerServices;

namespace TsBackup.Codec;

/// <summary>Guesses from a stretch of numbers whether whole sequences repeat, so that a compressor with a memory is worth a try.</summary>
internal static class PatternProbe
{
    private const int Stretch = 4096;
    private const int TableBits = 12;
    private const int SurpriseBits = 24;
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    /// <summary>True when sequences that chance would hardly repeat occur again.</summary>
    /// <param name="numbers">The numbers.</param>
    /// <param name="milliBits">What one number costs without knowledge of the ones before, in 1/1000 bit.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Repeats(ReadOnlySpan<ulong> numbers, long milliBits)
    {
        // The sequences compared are so long that a repetition by chance is unlikely.
        var length = (int)Math.Clamp((SurpriseBits * 1000) / Math.Max(1, milliBits), 3, 64);
        var stretch = numbers[..Math.Min(numbers.Length, Stretch)];
        var windows = stretch.Length - length + 1;
        if (windows < length)
            return false;
        Span<uint> seen = stackalloc uint[1 << TableBits];
        seen.Clear();
        ulong outgoing = 1;
        for (var i = 0; i < length; i++)
            outgoing *= Multiplier;
        ulong hash = 0;
        for (var i = 0; i < length - 1; i++)
            hash = (hash + stretch[i] + 1) * Multiplier;
        var hits = 0;
        for (var i = 0; i < windows; i++)
        {
            hash = (hash + stretch[i + length - 1] + 1) * Multiplier;
            var mixed = (hash ^ (hash >> 29)) * 0xBF58476D1CE4E5B9;
            ref var entry = ref seen[(int)(mixed >> (64 - TableBits))];
            var print = (uint)(mixed >> 16) | 1;
            hits += entry == print ? 1 : 0;
            entry = print;
            hash -= (stretch[i] + 1) * outgoing;
        }
        return hits * 4 > windows;
    }
}
