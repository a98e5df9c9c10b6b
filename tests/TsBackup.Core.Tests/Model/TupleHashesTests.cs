using System.Security.Cryptography;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Model;

public sealed class TupleHashesTests
{
    [SkippableFact]
    public void EightMessagesAtOnceHashAsOneByOne()
    {
        Skip.IfNot(Sha256Lanes.IsSupported, "This machine has no AVX2.");
        var random = new Random(1);
        for (var length = 0; length < 600; length++)
        {
            var blocks = Sha256Lanes.BlocksOf(length);
            var size = blocks * Sha256Lanes.BlockSize;
            var padded = new byte[Sha256Lanes.Lanes * size];
            random.NextBytes(padded);
            var expected = new List<byte>();
            for (var lane = 0; lane < Sha256Lanes.Lanes; lane++)
            {
                var message = new byte[length];
                random.NextBytes(message);
                expected.AddRange(SHA256.HashData(message));
                Sha256Lanes.Pad(message, padded.AsSpan(lane * size, size));
            }
            var hashes = new byte[Sha256Lanes.Lanes * Sha256Lanes.HashSize];
            Sha256Lanes.Hash(padded, blocks, hashes);
            Assert.True(expected.ToArray().AsSpan().SequenceEqual(hashes), $"length {length}");
        }
    }

    [Fact]
    public void TheSumIsThatOfSingleHashesWhateverTheLengths()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            using var hashes = new TupleHashes();
            // The second round shows that the first one left nothing behind.
            for (var round = 0; round < 2; round++)
            {
                var expected = SliceDigest.Empty;
                for (var i = random.Next(200); i > 0; i--)
                {
                    var tuple = new byte[random.Next(random.Next(2) == 0 ? 130 : 900)];
                    random.NextBytes(tuple);
                    hashes.Add(tuple);
                    expected += SliceDigest.FromBytes(SHA256.HashData(tuple));
                }
                Assert.True(expected == hashes.Finish(), $"seed {seed}, round {round}");
            }
        }
    }
}
