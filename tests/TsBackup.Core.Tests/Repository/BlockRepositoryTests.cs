using TsBackup.Errors;
using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Repository;

public sealed class BlockRepositoryTests
{
    [Fact]
    public async Task WhatIsBackedUpComesBackAfterOpeningAgain()
    {
        var storage = new MemoryStorage();
        VersionHeader written;
        await using (var repository = await SmallRepository.CreateAsync(storage))
        {
            await using var writer = await repository.BeginWriteAsync(default);
            var id = (await writer.PutAsync(SmallRepository.Block(1), default)).Id;
            var header = new VersionHeader
            {
                Store = "influxdb://host/telemetry",
                Kind = "influxdb",
                State = VersionState.Incomplete,
                Started = DateTimeOffset.UnixEpoch.AddDays(1),
                Finished = DateTimeOffset.UnixEpoch.AddDays(2),
                Cut = DateTimeOffset.UnixEpoch.AddDays(3),
                Tags = ["a", "ü"],
                Tables = 1,
                Slices = 2,
                Rows = 3,
                Points = 4,
                PlainBytes = 5,
                TotalBytes = 6,
                First = long.MinValue,
                Last = long.MaxValue,
                Reasons = ["one"],
                ScopeText = "all",
                ToolVersion = "0.1",
                Host = "h",
                IsProtected = true,
                Properties = new Dictionary<string, string> { ["k"] = "v" },
            };
            written = await writer.CommitAsync(
                new VersionDraft { Header = header, Content = new byte[] { 1, 2, 3 }, References = [id] }, default);
        }
        await using var again = await SmallRepository.OpenAsync(storage);
        var read = Assert.Single(await SmallRepository.ListAsync(again));
        Assert.Equivalent(written, read, strict: true);
        Assert.Equal([1, 2, 3], (await again.ReadContentAsync(read, default)).ToArray());
        using var block = await again.ReadBlockAsync((await again.ReadReferencesAsync(read, default))[0], default);
        Assert.Equal(SmallRepository.Block(1), block.Memory.ToArray());
        Assert.Equal(1 + 2, read.NewBlocks);
    }

    [Fact]
    public async Task ManyBlocksFromManyThreadsComeBack()
    {
        var storage = new MemoryStorage();
        await using var repository = await SmallRepository.CreateAsync(storage);
        await using var writer = await repository.BeginWriteAsync(default);
        var ids = new BlockId[400];
        await Parallel.ForAsync(
            0, ids.Length, async (i, ct) => ids[i] = (await writer.PutAsync(SmallRepository.Block(i % 300, 100 + i % 300), ct)).Id);
        var version = await writer.CommitAsync(SmallRepository.Draft(ids), default);
        await using var again = await SmallRepository.OpenAsync(storage);
        for (var i = 0; i < ids.Length; i++)
        {
            using var block = await again.ReadBlockAsync(ids[i], default);
            Assert.Equal(SmallRepository.Block(i % 300, 100 + i % 300), block.Memory.ToArray());
        }
        Assert.InRange(version.NewBlocks, 300, 304);
    }

    [Fact]
    public async Task ABlockLargerThanAPackAndAnEmptyOneComeBack()
    {
        var storage = new MemoryStorage();
        await using var repository = await SmallRepository.CreateAsync(storage);
        await using var writer = await repository.BeginWriteAsync(default);
        var large = await writer.PutAsync(SmallRepository.Block(1, 1 << 20), default);
        var empty = await writer.PutAsync(ReadOnlyMemory<byte>.Empty, default);
        await writer.CommitAsync(SmallRepository.Draft([large.Id, empty.Id]), default);
        using var read = await repository.ReadBlockAsync(large.Id, default);
        Assert.True(read.Span.SequenceEqual(SmallRepository.Block(1, 1 << 20)));
        using var nothing = await repository.ReadBlockAsync(empty.Id, default);
        Assert.Equal(0, nothing.Length);
    }

    [Fact]
    public async Task ABlockIsStoredOnceWithinARunAndOverRuns()
    {
        var storage = new MemoryStorage();
        await using var repository = await SmallRepository.CreateAsync(storage);
        await using (var writer = await repository.BeginWriteAsync(default))
        {
            Assert.True((await writer.PutAsync(SmallRepository.Block(1), default)).IsNew);
            Assert.False((await writer.PutAsync(SmallRepository.Block(1), default)).IsNew);
            await writer.FlushAsync(default);
        }
        await using var again = await SmallRepository.OpenAsync(storage);
        await using var second = await again.BeginWriteAsync(default);
        Assert.Equal(
            new StoredBlock(again.IdOf(SmallRepository.Block(1)), false, 0), await second.PutAsync(SmallRepository.Block(1), default));
    }

    [Fact]
    public async Task ABackupWithoutChangeStoresLittle()
    {
        var storage = new MemoryStorage();
        await using var repository = await SmallRepository.CreateAsync(storage);
        await SmallRepository.BackUpAsync(repository, [.. Enumerable.Range(0, 200)]);
        var before = await TotalAsync(storage);
        var second = await SmallRepository.BackUpAsync(repository, [.. Enumerable.Range(0, 200)]);
        Assert.Equal(0, second.NewBlocks);
        Assert.InRange(await TotalAsync(storage) - before, 1, 4096);
    }

    [Fact]
    public async Task AChangeInsideLargeContentStoresOnlyWhatIsAroundIt()
    {
        var storage = new MemoryStorage();
        await using var repository = await SmallRepository.CreateAsync(storage);
        var content = SmallRepository.Block(7, 900_000);
        await CommitAsync(repository, content);
        byte[] changed = [.. content[..400_000], 1, 2, 3, .. content[400_000..]];
        var second = await CommitAsync(repository, changed);
        Assert.InRange(second.NewBytes, 1, 150_000);
        Assert.Equal(changed, (await repository.ReadContentAsync(second, default)).ToArray());
    }

    [Theory]
    [InlineData("correct horse battery stapl")]
    [InlineData("correct horse battery staple ")]
    [InlineData("x")]
    public async Task AWrongPassphraseIsToldAlikeHoweverWrongItIs(string passphrase)
    {
        var storage = new MemoryStorage();
        await using var repository = await SmallRepository.CreateAsync(storage);
        using var other = KeySource.FromPassphrase("quite another");
        var expected = await Assert.ThrowsAsync<TsBackupException>(() => BlockRepository.OpenAsync(storage, other, default));
        using var wrong = KeySource.FromPassphrase(passphrase);
        var told = await Assert.ThrowsAsync<TsBackupException>(() => BlockRepository.OpenAsync(storage, wrong, default));
        Assert.Equal((ErrorId.RepositoryKeyWrong, expected.Message, expected.Hint, expected.Target),
            (told.Id, told.Message, told.Hint, told.Target));
    }

    [Fact]
    public async Task AWrongPassphraseOpensNothing()
    {
        var storage = new MemoryStorage();
        await using var repository = await SmallRepository.CreateAsync(storage);
        using var wrong = KeySource.FromPassphrase("Correct horse battery staple");
        await ErrorAssert.ThrowsAsync(ErrorId.RepositoryKeyWrong, () => BlockRepository.OpenAsync(storage, wrong, default));
    }

    [Fact]
    public async Task WithoutAKeyOnlyThePublicPartIsSeen()
    {
        var storage = new MemoryStorage();
        await using var repository = await SmallRepository.CreateAsync(storage);
        await SmallRepository.BackUpAsync(repository, 1);
        await using var view = await BlockRepository.OpenAsync(storage, null, default);
        Assert.Equal(repository.Info.Id, view.Info.Id);
        Assert.Null(view.Info.Access);
        Assert.Equal(2, (await view.Log.GetHeadAsync(default)).Sequence);
        await ErrorAssert.ThrowsAsync(ErrorId.PassphraseMissing, () => view.ListVersionsAsync(default).ToListAsync().AsTask());
        await ErrorAssert.ThrowsAsync(ErrorId.PassphraseMissing, () => view.BeginWriteAsync(default));
        await ErrorAssert.ThrowsAsync(ErrorId.PassphraseMissing, () => view.ReadBlockAsync(default, default));
    }

    [Fact]
    public async Task ThereIsOneRepositoryInAPlace()
    {
        var storage = new MemoryStorage();
        await ErrorAssert.ThrowsAsync(ErrorId.RepositoryNotFound, () => BlockRepository.OpenAsync(storage, null, default));
        await using var repository = await SmallRepository.CreateAsync(storage);
        await ErrorAssert.ThrowsAsync(ErrorId.RepositoryExists, () => SmallRepository.CreateAsync(storage));
    }

    [Fact]
    public async Task AVersionIsFoundByTheStartOfItsId()
    {
        var storage = new MemoryStorage();
        await using var repository = await SmallRepository.CreateAsync(storage);
        var first = await SmallRepository.BackUpAsync(repository, 1);
        await SmallRepository.BackUpAsync(repository, 2);
        Assert.Equal(first.Id, (await repository.GetVersionAsync(first.Id, default)).Id);
        Assert.Equal(first.Id, (await repository.GetVersionAsync(first.Id[..^1], default)).Id);
        await ErrorAssert.ThrowsAsync(ErrorId.VersionAmbiguous, () => repository.GetVersionAsync(first.Id[..2], default));
        await ErrorAssert.ThrowsAsync(ErrorId.VersionNotFound, () => repository.GetVersionAsync("x", default));
        await ErrorAssert.ThrowsAsync(ErrorId.VersionNotFound, () => repository.GetVersionAsync("", default));
    }

    [Fact]
    public async Task AVersionRefersOnlyToBlocksThatAreStored()
    {
        var storage = new MemoryStorage();
        await using var repository = await SmallRepository.CreateAsync(storage);
        await using var writer = await repository.BeginWriteAsync(default);
        var unknown = repository.IdOf(SmallRepository.Block(1));
        await ErrorAssert.ThrowsAsync(ErrorId.BlockNotFound, () => writer.CommitAsync(SmallRepository.Draft([unknown]), default));
        await ErrorAssert.ThrowsAsync(ErrorId.BlockNotFound, () => repository.ReadBlockAsync(unknown, default));
    }

    [Fact]
    public async Task TwoRunsAtOnceBothCommit()
    {
        var storage = new MemoryStorage();
        await using var one = await SmallRepository.CreateAsync(storage);
        await using var two = await SmallRepository.OpenAsync(storage);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(
            async i => await SmallRepository.BackUpAsync(await SmallRepository.OpenAsync(storage), i, i + 1)));
        var versions = await SmallRepository.ListAsync(two);
        Assert.Equal(20, versions.Count);
        foreach (var version in versions)
            await SmallRepository.RequireIntactAsync(one, version);
        Assert.Equal(21, await two.Log.ReadAllAsync(default).CountAsync());
        Assert.Empty(await storage.ListAsync("sessions/", default).ToListAsync());
    }

    [Fact]
    public async Task AnOpenedRepositoryHasOneRunAtATime()
    {
        await using var repository = await SmallRepository.CreateAsync(new MemoryStorage());
        await using (var writer = await repository.BeginWriteAsync(default))
            await ErrorAssert.ThrowsAsync(ErrorId.RepositoryBusy, () => repository.BeginWriteAsync(default));
        await SmallRepository.BackUpAsync(repository, 1);
    }

    internal static async Task<long> TotalAsync(IStorage storage) =>
        (await storage.ListAsync("", default).ToListAsync()).Sum(item => item.Length);

    private static async Task<VersionHeader> CommitAsync(BlockRepository repository, byte[] content)
    {
        await using var writer = await repository.BeginWriteAsync(default);
        return await writer.CommitAsync(
            new VersionDraft { Header = new VersionHeader(), Content = content, References = [] }, default);
    }
}
