namespace TsBackup.Repository;

/// <summary>
/// Cuts content into pieces where its bytes say so (a gear hash over a window of 64 bytes), so that a change moves only the cuts beside
/// it and the other pieces are stored already. Readers need not know how it was cut.
/// </summary>
internal static class ContentCutter
{
    private const int SmallAverage = 14;
    private const int MediumAverage = 16;
    private const int LargeAverage = 19;

    private static readonly ulong[] s_gear = MakeGear();

    /// <summary>Lengths of the pieces, in order.</summary>
    public static IEnumerable<int> Cut(ReadOnlyMemory<byte> content)
    {
        var bits = content.Length switch
        {
            < 1 << 20 => SmallAverage,
            < 1 << 24 => MediumAverage,
            _ => LargeAverage,
        };
        for (var at = 0; at < content.Length;)
        {
            var length = Next(content.Span[at..], bits);
            yield return length;
            at += length;
        }
    }

    private static int Next(ReadOnlySpan<byte> rest, int bits)
    {
        var least = 1 << (bits - 2);
        var most = 1 << (bits + 2);
        if (rest.Length <= least)
            return rest.Length;
        var end = Math.Min(rest.Length, most);
        ulong hash = 0;
        for (var i = least - 64; i < end; i++)
        {
            hash = (hash << 1) + s_gear[rest[i]];
            if (i >= least && hash >> (64 - bits) == 0)
                return i + 1;
        }
        return end;
    }

    private static ulong[] MakeGear()
    {
        // SplitMix64 (Steele, Lea, Flood 2014) from a fixed seed: equal content must be cut equally by every build.
        var gear = new ulong[256];
        var state = 0x5453_4261_636b_7570UL;
        for (var i = 0; i < gear.Length; i++)
        {
            state += 0x9E37_79B9_7F4A_7C15UL;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EBUL;
            gear[i] = z ^ (z >> 31);
        }
        return gear;
    }
}
