using System.Buffers.Binary;
using System.Security.Cryptography;
using TsBackup.Repository;
using Xunit;

namespace TsBackup.Tests.Repository;

public sealed class BlockIndexTests
{
    [Fact]
    public void ABlockTakesAtMost64BytesOfMemory()
    {
        var index = new BlockIndex();
        var count = Environment.GetEnvironmentVariable("TSBACKUP_LONG_TESTS") == "1" ? 5_000_000 : 300_000;
        var pack = index.AddPack(new PackId(0, 1));
        for (var i = 0; i < count; i++)
        {
            index.Add(IdOf(i), new BlockLocation(pack, (uint)i, 16));
            if (i > 20_000 && i % 997 == 0)
                Assert.True(index.MemoryBytes <= 64L * index.Count, $"{index.MemoryBytes} bytes for {index.Count} blocks");
        }
        for (var i = 0; i < count; i += 1009)
            Assert.Equal((uint)i, Assert.Single(index.Find(IdOf(i))).Offset);
        Assert.False(index.CanRelyOn(IdOf(-1)));
    }

    [Fact]
    public void ABlockInSeveralPacksIsFoundInTheOneToRelyOnFirst()
    {
        var index = new BlockIndex();
        index.AddPack(new PackId(0, 1), 1000, [new PackEntry(IdOf(1), 20)]);
        index.AddPack(new PackId(0, 2), 1000, [new PackEntry(IdOf(1), 20), new PackEntry(IdOf(2), 20)]);
        index.FindPack(new PackId(0, 1))!.IsAvoided = true;
        Assert.Equal([1, 0], index.Find(IdOf(1)).Select(location => location.Pack));
        Assert.True(index.CanRelyOn(IdOf(1)));
        index.FindPack(new PackId(0, 2))!.IsAvoided = true;
        Assert.False(index.CanRelyOn(IdOf(1)));
    }

    private static BlockId IdOf(int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return new BlockId(SHA256.HashData(bytes));
    }
}
