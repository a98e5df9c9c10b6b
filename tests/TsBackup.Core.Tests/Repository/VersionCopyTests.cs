using TsBackup.Errors;
using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Repository;

public sealed class VersionCopyTests
{
    private readonly MemoryStorage _here = new();
    private readonly MemoryStorage _there = new();

    [Fact]
    public async Task ACopyReadsAsTheOriginalUnderOtherKeys()
    {
        await using var source = await SmallRepository.CreateAsync(_here);
        using var otherKey = KeySource.FromPassphrase("other");
        await using var target = await BlockRepository.CreateAsync(_there, otherKey, SmallRepository.Options, default);
        var version = await SmallRepository.BackUpAsync(source, 1, 2, 1);
        IReadOnlyDictionary<BlockId, BlockId>? told = null;
        var copy = new VersionCopy(source, target, (content, ids) =>
        {
            told = ids;
            return content;
        });
        var (header, isNew) = await copy.CopyAsync(version, null, default);
        Assert.True(isNew);
        Assert.Equal((version.Store, version.Started), (header.Store, header.Started));
        await SmallRepository.RequireIntactAsync(target, header);
        Assert.Equal(target.IdOf(SmallRepository.Block(2)), told![source.IdOf(SmallRepository.Block(2))]);
        Assert.Equal((header.Id, false),
            ((await copy.CopyAsync(version, null, default)).Copy.Id, (await copy.CopyAsync(version, null, default)).IsNew));
    }

    [Fact]
    public async Task OnlyWhatIsMissingIsRead()
    {
        await using var source = await SmallRepository.CreateAsync(_here);
        await using var target = await SmallRepository.CreateAsync(_there);
        var first = await SmallRepository.BackUpAsync(source, 1, 2, 3);
        var second = await SmallRepository.BackUpAsync(source, 2, 3, 4);
        await new VersionCopy(source, target, (content, _) => content).CopyAsync(first, null, default);
        List<long> read = [];
        var (header, _) = await new VersionCopy(source, target, (content, _) => content).CopyAsync(second, read.Add, default);
        Assert.Equal([3000L], read);
        await SmallRepository.RequireIntactAsync(target, header);
    }

    [Fact]
    public async Task AnInterruptedCopyGoesOn()
    {
        await using var source = await SmallRepository.CreateAsync(_here);
        await SmallRepository.CreateAsync(_there);
        var seeds = Enumerable.Range(0, 100).ToArray();
        var version = await SmallRepository.BackUpAsync(source, seeds);
        await using (var dying = await SmallRepository.OpenAsync(new FaultyStorage(_there) { FailAt = 4, StaysDown = true }))
            await ErrorAssert.ThrowsAsync(ErrorId.StorageWriteFailed,
                () => new VersionCopy(source, dying, (content, _) => content).CopyAsync(version, null, default));
        await using var target = await SmallRepository.OpenAsync(_there);
        var (header, _) = await new VersionCopy(source, target, (content, _) => content).CopyAsync(version, null, default);
        Assert.InRange(header.NewBlocks, 1, 65);
        await SmallRepository.RequireIntactAsync(target, header);
    }

    [Fact]
    public async Task ARepositoryIsNotItsOwnCopy()
    {
        await using var source = await SmallRepository.CreateAsync(_here);
        await using var again = await SmallRepository.OpenAsync(_here);
        ErrorAssert.Throws(ErrorId.ArgumentInvalid, () => _ = new VersionCopy(source, again, (content, _) => content));
    }
}
