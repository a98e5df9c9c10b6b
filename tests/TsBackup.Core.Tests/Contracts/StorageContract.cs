using TsBackup.Errors;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Contracts;

/// <summary>What every storage must keep.</summary>
public abstract class StorageContract : IAsyncLifetime
{
    protected abstract IStorage Storage { get; }

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync() => await Storage.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    public async Task WhatIsPutIsRead(int length)
    {
        var content = SmallRepository.Block(length, length);
        await Storage.PutAsync("a/b.c-1_2", content, default);
        Assert.Equal(length, await Storage.GetLengthAsync("a/b.c-1_2", default));
        var read = new byte[length + 10];
        Assert.Equal(length, await Storage.ReadAsync("a/b.c-1_2", 0, read, default));
        Assert.Equal(content, read[..length]);
    }

    [Fact]
    public async Task APartIsReadAndTheEndIsTold()
    {
        await Storage.PutAsync("x", new byte[] { 1, 2, 3, 4, 5 }, default);
        var two = new byte[2];
        Assert.Equal(2, await Storage.ReadAsync("x", 1, two, default));
        Assert.Equal([2, 3], two);
        Assert.Equal(1, await Storage.ReadAsync("x", 4, two, default));
        Assert.Equal(5, two[0]);
        Assert.Equal(0, await Storage.ReadAsync("x", 5, two, default));
        Assert.Equal(0, await Storage.ReadAsync("x", 500, two, default));
        Assert.Equal(0, await Storage.ReadAsync("x", 0, Memory<byte>.Empty, default));
    }

    [Fact]
    public async Task AnObjectIsNeverReplaced()
    {
        await Storage.PutAsync("x", new byte[] { 1 }, default);
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectExists, () => Storage.PutAsync("x", new byte[] { 2, 2 }, default));
        var read = new byte[2];
        Assert.Equal(1, await Storage.ReadAsync("x", 0, read, default));
        Assert.Equal(1, read[0]);
    }

    [Fact]
    public async Task OfManyWritersOfOneNameOneSucceeds()
    {
        for (var round = 0; round < 10; round++)
        {
            var name = $"race/{round}";
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            {
                try
                {
                    await Storage.PutAsync(name, Enumerable.Repeat((byte)i, 1000).ToArray(), default);
                    return i;
                }
                catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectExists)
                {
                    return -1;
                }
            })));
            var winner = Assert.Single(outcomes, outcome => outcome >= 0);
            var read = new byte[1000];
            await Storage.ReadAsync(name, 0, read, default);
            Assert.All(read, value => Assert.Equal(winner, value));
        }
    }

    [Fact]
    public async Task WhatIsNotThereIsToldAsSuch()
    {
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectNotFound, () => Storage.ReadAsync("no/thing", 0, new byte[1], default));
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectNotFound, () => Storage.GetLengthAsync("no/thing", default));
        await Storage.DeleteAsync("no/thing", default);
        Assert.Empty(await Storage.ListAsync("no/", default).ToListAsync());
        Assert.Empty(await Storage.ListAsync("", default).ToListAsync());
    }

    [Fact]
    public async Task ADeletedObjectIsGoneAndItsNameFree()
    {
        await Storage.PutAsync("d/x", new byte[] { 1 }, default);
        await Storage.DeleteAsync("d/x", default);
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectNotFound, () => Storage.GetLengthAsync("d/x", default));
        Assert.Empty(await Storage.ListAsync("", default).ToListAsync());
        await Storage.PutAsync("d/x", new byte[] { 1, 2 }, default);
        Assert.Equal(2, await Storage.GetLengthAsync("d/x", default));
    }

    [Fact]
    public async Task AListingHasNamesAndLengthsBelowThePrefixOnly()
    {
        foreach (var (name, length) in new[] { ("a", 1), ("p/a", 2), ("p/q/b", 3), ("pq", 4) })
            await Storage.PutAsync(name, new byte[length], default);
        var below = await Storage.ListAsync("p/", default).OrderBy(item => item.Name).ToListAsync();
        Assert.Equal([("p/a", 2L), ("p/q/b", 3L)], below.Select(item => (item.Name, item.Length)));
        Assert.Equal(4, await Storage.ListAsync("", default).CountAsync());
        Assert.All(below, item => Assert.True(item.Modified > DateTimeOffset.UnixEpoch));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("../a")]
    [InlineData("a/../b")]
    [InlineData("a/.b")]
    [InlineData(".tmp-1")]
    [InlineData("a\\b")]
    [InlineData("C:a")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a\0")]
    public async Task ABadNameIsRefused(string name)
    {
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectNameInvalid, () => Storage.PutAsync(name, new byte[1], default));
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectNameInvalid, () => Storage.ReadAsync(name, 0, new byte[1], default));
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectNameInvalid, () => Storage.GetLengthAsync(name, default));
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectNameInvalid, () => Storage.DeleteAsync(name, default));
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectNameInvalid, () => Storage.PutAsync(new string('a', 201), new byte[1], default));
        if (name.Length > 0)
            await ErrorAssert.ThrowsAsync(
                ErrorId.ObjectNameInvalid, async () => await Storage.ListAsync(name + "x//", default).ToListAsync());
    }

    [Fact]
    public async Task ACancelledPutLeavesNothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Storage.PutAsync("x", new byte[10], new CancellationToken(true)));
        Assert.Empty(await Storage.ListAsync("", default).ToListAsync());
    }
}
