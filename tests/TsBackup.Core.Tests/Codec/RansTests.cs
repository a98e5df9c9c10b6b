using TsBackup.Codec;
using Xunit;

namespace TsBackup.Tests.Codec;

/// <summary>
/// The vector forms of the entropy coder make the bytes of the scalar form, so that a block does not depend on the processor.
/// </summary>
public sealed class RansTests
{
    public static TheoryData<int, int> Streams => new()
    {
        { 33, 4 }, { 64, 2 }, { 1000, 200 }, { 5000, 2 }, { 65_536, 30 }, { 65_537, 256 }, { 100_003, 9 },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void VectorAndScalarEncodersAgree(int length, int kinds)
    {
        var (bytes, frequencies) = Make(length, kinds);
        var symbols = new RansEncoder.Symbol[256];
        uint start = 0;
        for (var i = 0; i < 256; i++)
        {
            if (frequencies[i] > 0)
                symbols[i] = new RansEncoder.Symbol(start, (uint)frequencies[i]);
            start += (uint)frequencies[i];
        }
        var (states, vectorStates) = (new uint[32], new uint[32]);
        Array.Fill(states, RansEncoder.LowerBound);
        Array.Fill(vectorStates, RansEncoder.LowerBound);
        var (words, vectorWords) = (new ushort[length + 1], new ushort[length + 1]);
        var at = RansEncoder.Encode(bytes, length, symbols, states, words, words.Length);
        if (RansVectorEncoder.IsSupported)
        {
            Assert.Equal(at, RansVectorEncoder.Encode(bytes, symbols, vectorStates, vectorWords));
            Assert.Equal(states, vectorStates);
            Assert.Equal(words[at..], vectorWords[at..]);
        }
        var slots = new uint[SymbolModel.Total];
        RansDecoder.FillSlots(frequencies, slots);
        var decoded = new byte[length];
        Assert.Equal(words.Length - at, RansDecoder.Decode(decoded, 0, slots, states, words.AsSpan(at), 0));
        Assert.Equal(bytes, decoded);
        if (!RansVectorDecoder.IsSupported)
            return;
        var again = new byte[length];
        var (done, used) = RansVectorDecoder.Decode(again, slots, vectorStates, words.AsSpan(at));
        Assert.Equal(words.Length - at, RansDecoder.Decode(again, done, slots, vectorStates, words.AsSpan(at), used));
        Assert.Equal(bytes, again);
    }

    [Fact]
    public void VectorAndScalarTokensAgree()
    {
        var random = new Random(3);
        var numbers = new ulong[1003];
        foreach (var precise in (int[])[TokenAlphabet.Coarse, TokenAlphabet.Fine])
        {
            for (var i = 0; i < numbers.Length; i++)
                numbers[i] = (ulong)random.NextInt64(long.MinValue, long.MaxValue) >> random
                    .Next(precise == TokenAlphabet.Fine ? 30 : 0, 64);
            var tokens = new byte[numbers.Length];
            TokenAlphabet.Tokenize(numbers, tokens, precise);
            var single = new byte[1];
            for (var i = 0; i < numbers.Length; i++)
            {
                TokenAlphabet.Tokenize(numbers.AsSpan(i, 1), single, precise);
                Assert.Equal(single[0], tokens[i]);
                var extra = TokenAlphabet.ExtraBits(tokens[i], precise);
                Assert.Equal(TokenAlphabet.Base(tokens[i], precise), numbers[i] >> extra << extra);
            }
        }
    }

    private static (byte[] Bytes, int[] Frequencies) Make(int length, int kinds)
    {
        var random = new Random(length);
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
            bytes[i] = (byte)(random.Next(kinds) * random.Next(2));
        (bytes[0], bytes[1]) = (0, 1);
        var (counts, frequencies) = (new int[256], new int[256]);
        ByteHistogram.Count(bytes, counts);
        SymbolModel.Normalize(counts, length, frequencies);
        Assert.Equal(SymbolModel.Total, frequencies.Sum());
        return (bytes, frequencies);
    }
}
