using TsBackup.Errors;
using TsBackup.Storage;
using TsBackup.Tests.Contracts;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Storage;

public sealed class TrialStorageTests : StorageContract
{
    private readonly MemoryStorage _actual = new();

    public TrialStorageTests() => Storage = new TrialStorage(_actual, new MemoryStorage());

    protected override IStorage Storage { get; }

    [Fact]
    public async Task WhatIsTriedIsSeenAndTheStorageStaysAsItWas()
    {
        await _actual.PutAsync("x/kept", new byte[] { 1 }, default);
        await _actual.PutAsync("x/gone", new byte[] { 2 }, default);
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectExists, () => Storage.PutAsync("x/kept", new byte[] { 3 }, default));
        await Storage.PutAsync("x/new", new byte[] { 4, 4 }, default);
        await Storage.DeleteAsync("x/gone", default);
        await Storage.DeleteAsync("x/new", default);
        await Storage.PutAsync("x/new", new byte[] { 5, 5, 5 }, default);
        Assert.Equal(["x/kept", "x/new"], (await Storage.ListAsync("x/", default).ToListAsync()).Select(item => item.Name).Order());
        Assert.Equal(3, await Storage.GetLengthAsync("x/new", default));
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectNotFound, () => Storage.ReadAsync("x/gone", 0, new byte[1], default));

        Assert.Equal(["x/gone", "x/kept"], (await _actual.ListAsync("", default).ToListAsync()).Select(item => item.Name).Order());
    }
}
