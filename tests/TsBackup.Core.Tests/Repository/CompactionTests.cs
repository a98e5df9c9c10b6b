using TsBackup.Errors;
using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Repository;

public sealed class CompactionTests
{
    internal static readonly CompactionOptions AtOnce = new() { Grace = TimeSpan.Zero, KeepUnreferenced = TimeSpan.Zero };

    private readonly MemoryStorage _storage = new();
    private readonly SettableClock _clock = new();

    [Fact]
    public async Task SpaceOfARemovedVersionComesBackAndTheOthersStayWhole()
    {
        await using var repository = await CreateAsync();
        var gone = await SmallRepository.BackUpAsync(repository, [.. Enumerable.Range(0, 40)]);
        var kept = await SmallRepository.BackUpAsync(repository, [.. Enumerable.Range(30, 40)]);
        var before = await BlockRepositoryTests.TotalAsync(_storage);
        await repository.Removal.RemoveAsync(gone.Id, false, default);
        Assert.Equal([kept.Id], (await SmallRepository.ListAsync(repository)).Select(version => version.Id));
        var result = await new Compaction(repository, AtOnce).RunAsync(default);
        Assert.Equal(1, result.VersionsErased);
        Assert.True(result.PacksSwept > 0);
        Assert.InRange(await BlockRepositoryTests.TotalAsync(_storage), 40 * 3000, before - 25 * 3000);
        await RequireSoundAsync(kept);
        await SmallRepository.RequireIntactAsync(repository, kept);
    }

    [Fact]
    public async Task ARemovedVersionCanBeTakenBackUntilItIsErased()
    {
        await using var repository = await CreateAsync();
        var version = await SmallRepository.BackUpAsync(repository, 1);
        await repository.Removal.RemoveAsync(version.Id, false, default);
        await ErrorAssert.ThrowsAsync(ErrorId.VersionNotFound, () => repository.GetVersionAsync(version.Id, default));
        await new Compaction(repository, AtOnce with { KeepRemoved = TimeSpan.FromDays(1) }).RunAsync(default);
        var removed = Assert.Single(await repository.ListVersionsAsync(true, null, default).ToListAsync());
        Assert.NotNull(removed.Removed);
        await repository.Removal.TakeBackAsync(version.Id, default);
        await SmallRepository.RequireIntactAsync(repository, await repository.GetVersionAsync(version.Id, default));
        await repository.Removal.RemoveAsync(version.Id, false, default);
        await new Compaction(repository, AtOnce).RunAsync(default);
        await ErrorAssert.ThrowsAsync(ErrorId.VersionNotFound, () => repository.Removal.TakeBackAsync(version.Id, default));
    }

    [Fact]
    public async Task AProtectedVersionIsRemovedByForceOnly()
    {
        await using var repository = await CreateAsync();
        await using var writer = await repository.BeginWriteAsync(default);
        var version = await writer.CommitAsync(
            new VersionDraft { Header = new VersionHeader { IsProtected = true }, Content = default, References = [] }, default);
        await ErrorAssert.ThrowsAsync(ErrorId.VersionProtected, () => repository.Removal.RemoveAsync(version.Id, false, default));
        await repository.Removal.RemoveAsync(version.Id, true, default);
    }

    [Fact]
    public async Task OfTwoCompactionsThatNoteTheSameSessionsTheSecondGoesByTheFirst()
    {
        var rival = new RivalStorage(_storage, ".seen");
        await using var repository = await SmallRepository.CreateAsync(rival);
        var gone = await SmallRepository.BackUpAsync(repository, 1, 2, 3);
        var kept = await SmallRepository.BackUpAsync(repository, 4);
        await repository.Removal.RemoveAsync(gone.Id, false, default);
        var result = await new Compaction(repository, AtOnce).RunAsync(default);
        Assert.True(rival.Lost > 0);
        Assert.True(result.PacksSwept > 0);
        await SmallRepository.RequireIntactAsync(repository, kept);
    }

    [Fact]
    public async Task NothingIsSweptWhileARunThatBeganBeforeTheMarkIsUnderWay()
    {
        await using var repository = await CreateAsync();
        var gone = await SmallRepository.BackUpAsync(repository, 1, 2, 3);
        await using var other = await OpenAsync(_storage, _clock);
        await using var writer = await other.BeginWriteAsync(default);
        var reused = await writer.PutAsync(SmallRepository.Block(1), default);
        Assert.False(reused.IsNew);
        await repository.Removal.RemoveAsync(gone.Id, false, default);
        var first = await new Compaction(repository, AtOnce).RunAsync(default);
        Assert.Equal((0, 1), (first.PacksSwept, first.MarksWaiting));
        var version = await writer.CommitAsync(SmallRepository.Draft([reused.Id], 1), default);
        await new Compaction(repository, AtOnce).RunAsync(default);
        await new Compaction(repository, AtOnce).RunAsync(default);
        await RequireSoundAsync(version);
    }

    [Fact]
    public async Task ARunThatBeginsAfterTheMarkStoresWhatIsMarkedAnew()
    {
        await using var repository = await CreateAsync();
        var gone = await SmallRepository.BackUpAsync(repository, 1, 2, 3);
        await repository.Removal.RemoveAsync(gone.Id, false, default);
        var slow = AtOnce with { Grace = TimeSpan.FromHours(1) };
        Assert.Equal(1, (await new Compaction(repository, slow).RunAsync(default)).MarksWaiting);
        await using var other = await OpenAsync(_storage, _clock);
        var version = await SmallRepository.BackUpAsync(other, 1);
        Assert.True(version.NewBlocks >= 1);
        _clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(1, (await new Compaction(repository, slow).RunAsync(default)).PacksSwept);
        await RequireSoundAsync(version);
    }

    [Fact]
    public async Task ARunTakenForDeadTakesItsVersionBack()
    {
        await using var repository = await CreateAsync();
        var gone = await SmallRepository.BackUpAsync(repository, 1, 2, 3);
        await using var other = await OpenAsync(_storage, _clock);
        await using var writer = await other.BeginWriteAsync(default);
        var reused = await writer.PutAsync(SmallRepository.Block(1), default);
        await repository.Removal.RemoveAsync(gone.Id, false, default);
        await new Compaction(repository, AtOnce).RunAsync(default);
        _clock.Advance(TimeSpan.FromDays(-400));
        Assert.Equal(0, (await new Compaction(repository, AtOnce).RunAsync(default)).PacksSwept);
        _clock.Advance(TimeSpan.FromDays(800));
        Assert.Equal(1, (await new Compaction(repository, AtOnce).RunAsync(default)).PacksSwept);
        await ErrorAssert.ThrowsAsync(ErrorId.RepositoryBusy, () => writer.CommitAsync(SmallRepository.Draft([reused.Id], 1), default));
        await using var again = await OpenAsync(_storage, _clock);
        Assert.Empty(await SmallRepository.ListAsync(again));
        await RequireSoundAsync(await SmallRepository.BackUpAsync(again, 1));
    }

    [Fact]
    public async Task TwoSweepsAtOnceNeverDeleteBothPacksOfABlock()
    {
        await using var repository = await CreateAsync();
        var version = await SmallRepository.BackUpAsync(repository, 1, 2);
        var first = (await _storage.ListAsync("packs/", default).ToListAsync()).ConvertAll(item => item.Name);

        // Another compaction has stored the blocks anew, marks where they were, ...
        await using (var other = await OpenAsync(_storage, _clock))
        {
            await using var writer = await other.BeginWriteAsync(default);
            foreach (var pack in other.Index.Packs)
                pack.IsAvoided = true;
            foreach (var id in version.ContentPieces.Concat(version.ReferencePieces))
            {
                using var piece = await other.ReadBlockAsync(id, default);
                await writer.PutAsync(piece.Memory, default);
            }
            foreach (var seed in new[] { 1, 2 })
                await writer.PutAsync(SmallRepository.Block(seed), default);
            await writer.FlushAsync(default);
            await writer.LogIndexesAsync(default);
        }

        // ... this one has seen both, marks the new packs, and sweeps when the other has swept the old ones and is gone.
        await using var late = await OpenAsync(_storage, _clock);
        await late.LoadIndexAsync(default);
        var mark = new SweepMark
        {
            Name = ObjectNames.Marks + ObjectNames.NewId(),
            Time = _clock.GetUtcNow(),
            Packs = [.. late.Index.Packs.Where(pack => !first.Contains(pack.Name)).Select(pack => pack.Id)],
        };
        Assert.NotEmpty(mark.Packs);
        await late.Store.PutAsync(ObjectKind.Mark, mark.Name, mark.Encode(), default, default);
        await late.Log.AppendAsync([.. first.Select(name => new LogEvent(LogAction.Erased, name))], default);
        foreach (var name in first)
            await _storage.DeleteAsync(name, default);
        Assert.Equal(0, (await new Sweep(late, AtOnce).RunAsync(default)).Packs);
        await SmallRepository.RequireIntactAsync(await SmallRepository.OpenAsync(_storage), version);
    }

    [Fact]
    public async Task TwoCompactionsThatFindAMarkAtOnceUseOneListOfSessions()
    {
        await using var repository = await CreateAsync();
        var mark = new SweepMark { Name = ObjectNames.Marks + ObjectNames.NewId(), Time = _clock.GetUtcNow(), Packs = [] };
        await repository.Store.PutAsync(ObjectKind.Mark, mark.Name, mark.Encode(), default, default);
        for (var round = 0; round < 50; round++)
        {
            var found = await Task.WhenAll(Enumerable.Range(0, 4).Select(
                _ => Task.Run(() => SeenSessions.GetAsync(repository.Store, mark, default))));
            Assert.All(found, Assert.NotNull);
            await _storage.DeleteAsync(SeenSessions.NameOf(mark), default);
        }
        await _storage.DeleteAsync(mark.Name, default);
        Assert.Null(await SeenSessions.GetAsync(repository.Store, mark, default));
        Assert.Empty(await _storage.ListAsync("marks/", default).ToListAsync());
    }

    [Fact]
    public async Task WhatARunThatDiedLeftIsToldAndSweptWhenItIsOld()
    {
        await using var repository = await CreateAsync();
        var kept = await SmallRepository.BackUpAsync(repository, 1);
        await using (var dying = await OpenAsync(new FaultyStorage(_storage) { FailAt = 4, StaysDown = true }, _clock))
            Assert.NotNull(await Record.ExceptionAsync(() => SmallRepository.BackUpAsync(dying, [.. Enumerable.Range(10, 100)])));
        Assert.Equal(2, await LeftPacksAsync());
        var options = new CompactionOptions { Grace = TimeSpan.Zero };
        await new Compaction(repository, options).RunAsync(default);
        Assert.Equal(2, await LeftPacksAsync());
        _clock.Advance(TimeSpan.FromDays(8));
        for (var i = 0; i < 2; i++)
        {
            await using var later = await OpenAsync(_storage, _clock);
            await new Compaction(later, options).RunAsync(default);
            _clock.Advance(TimeSpan.FromDays(1));
        }
        Assert.Equal(0, await LeftPacksAsync());
        Assert.Empty(await _storage.ListAsync("sessions/", default).ToListAsync());
        await RequireSoundAsync(kept);
    }

    [Fact]
    public async Task SmallPacksAndIndexesAreMerged()
    {
        await using var repository = await CreateAsync();
        List<VersionHeader> versions = [];
        for (var i = 0; i < 70; i++)
            versions.Add(await SmallRepository.BackUpAsync(repository, i));
        await new Compaction(repository, AtOnce).RunAsync(default);
        Assert.InRange(await _storage.ListAsync("packs/", default).CountAsync(), 1, 10);
        Assert.InRange(await _storage.ListAsync("index/", default).CountAsync(), 1, 2);
        await RequireSoundAsync([.. versions]);
    }

    [Fact]
    public async Task BackupsRemovalsAndCompactionsAtOnceLoseNothing()
    {
        await using (await CreateAsync())
        {
        }
        const int seed = 20260131;
        var committed = new System.Collections.Concurrent.ConcurrentBag<VersionHeader>();
        var work = Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            var random = new Random(seed + worker);
            for (var round = 0; round < 8; round++)
            {
                await using var repository = await SmallRepository.OpenAsync(_storage);
                if (worker < 4)
                {
                    committed.Add(await SmallRepository.BackUpAsync(repository, [.. Enumerable.Range(0, 6).Select(_ => random.Next(20))]));
                    continue;
                }
                if (await SmallRepository.ListAsync(repository) is [var oldest, _, _, ..] && worker == 4)
                    await repository.Removal.RemoveAsync(oldest.Id, false, default);
                await new Compaction(repository, AtOnce).RunAsync(default);
            }
        }));
        await Task.WhenAll(work);
        await using var last = await SmallRepository.OpenAsync(_storage);
        var left = await SmallRepository.ListAsync(last);
        Assert.True(left.Count >= committed.Count - 8, $"seed {seed}: {left.Count} of {committed.Count}");
        await RequireSoundAsync([.. left]);
    }

    private async Task<int> LeftPacksAsync()
    {
        await using var repository = await SmallRepository.OpenAsync(_storage);
        var check = new StoredCheck(repository, StoredCheckOptions.Default);
        Assert.Empty(await check.RunAsync(default).ToListAsync());
        return check.Leftovers.Count(name => name.StartsWith("packs/", StringComparison.Ordinal));
    }

    internal static async Task<BlockRepository> OpenAsync(IStorage storage, TimeProvider clock)
    {
        using var key = SmallRepository.Key();
        return await BlockRepository.OpenAsync(storage, key, SmallRepository.Options with { Clock = clock }, default);
    }

    private async Task<BlockRepository> CreateAsync()
    {
        using var key = SmallRepository.Key();
        return await BlockRepository.CreateAsync(_storage, key, SmallRepository.Options with { Clock = _clock }, default);
    }

    private async Task RequireSoundAsync(params VersionHeader[] versions)
    {
        await using var repository = await SmallRepository.OpenAsync(_storage);
        foreach (var version in versions)
            await SmallRepository.RequireIntactAsync(repository, version);
        Assert.Empty(await new StoredCheck(repository, StoredCheckOptions.Default).RunAsync(default).ToListAsync());
    }
}
