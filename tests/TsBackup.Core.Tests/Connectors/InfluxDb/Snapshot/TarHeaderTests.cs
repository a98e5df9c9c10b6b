using System.Formats.Tar;
using TsBackup.Connectors.InfluxDb.Snapshot;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb.Snapshot;

public sealed class TarHeaderTests
{
    [Theory]
    [InlineData("db/rp/1/000010000-000000001.tsm")]
    [InlineData("dätenbank/日本/1/000010000-000000001.tsm")]
    [InlineData("a name of more than a hundred bytes/0123456789012345678901234567890123456789/0123456789012345678901234567890/x.tsm")]
    public async Task NamesOfAnyLengthAreRead(string name)
    {
        byte[] content = [.. Enumerable.Range(0, 700).Select(i => (byte)i)];
        byte[] tar = [.. TarHeader.Of(name, content.Length, 1_772_323_200), .. content, .. new byte[TarHeader.Padding(content.Length)], .. TarHeader.End];

        using var others = new TarReader(new MemoryStream(tar));
        var entry = others.GetNextEntry(copyData: true)!;
        Assert.Equal((name, TarEntryType.RegularFile, 700L), (entry.Name, entry.EntryType, entry.Length));
        var read = new byte[700];
        entry.DataStream!.ReadExactly(read);
        Assert.Equal(content, read);
        Assert.Null(others.GetNextEntry());
        var own = new TarStreamReader(new MemoryStream(tar));
        var found = await own.NextAsync(default);
        Assert.Equal((name, 700L, true), (found!.Name, found.Size, found.IsFile));
        Assert.Null(await own.NextAsync(default));
        Assert.True(own.IsComplete);
    }

    [Fact]
    public async Task SizesBeyondOctalDigitsAreRead()
    {
        var own = new TarStreamReader(new MemoryStream(TarHeader.Of("big", 5L << 33, 0)));

        Assert.Equal(5L << 33, (await own.NextAsync(default))!.Size);
    }

    [Fact]
    public void PaddingFillsBlocks() => Assert.Equal((0, 511, 1), (TarHeader.Padding(512), TarHeader.Padding(1), TarHeader.Padding(1023)));
}
