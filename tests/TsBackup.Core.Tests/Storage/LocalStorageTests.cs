using System.Runtime.Versioning;
using TsBackup.Errors;
using TsBackup.Storage;
using TsBackup.Tests.Contracts;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Storage;

public sealed class LocalStorageTests : StorageContract
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "tsb-" + Guid.NewGuid().ToString("N"));

    public LocalStorageTests() => Storage = new LocalStorage(Path.Combine(_folder, "repository"));

    protected override IStorage Storage { get; }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, true);
    }

    [SkippableFact]
    [UnsupportedOSPlatform("windows")]
    public async Task FoldersAndFilesAreForTheirOwnerOnly()
    {
        Skip.If(OperatingSystem.IsWindows(), "Unix modes");
        await Storage.PutAsync("packs/ab/x", new byte[1], default);
        foreach (var folder in new[] { "", "packs", "packs/ab" })
            Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(Path.Combine(Storage.Location, folder)), 8));
        Assert.Equal("600", Convert.ToString((int)File.GetUnixFileMode(Path.Combine(Storage.Location, "packs/ab/x")), 8));
    }

    [SkippableFact]
    public async Task APathThroughALinkIsRefused()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need rights there");
        await Storage.PutAsync("a", new byte[1], default);
        var outside = Directory.CreateDirectory(Path.Combine(_folder, "outside")).FullName;
        await File.WriteAllTextAsync(Path.Combine(outside, "secret"), "s");
        Directory.CreateSymbolicLink(Path.Combine(Storage.Location, "packs"), outside);
        File.CreateSymbolicLink(Path.Combine(Storage.Location, "link"), Path.Combine(outside, "secret"));
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectNameInvalid, () => Storage.ReadAsync("packs/secret", 0, new byte[1], default));
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectNameInvalid, () => Storage.PutAsync("packs/new", new byte[1], default));
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectNameInvalid, () => Storage.DeleteAsync("packs/secret", default));
        await ErrorAssert.ThrowsAsync(ErrorId.ObjectNameInvalid, () => Storage.GetLengthAsync("link", default));
        Assert.Equal(["a"], await Storage.ListAsync("", default).Select(item => item.Name).ToListAsync());
        Assert.True(File.Exists(Path.Combine(outside, "secret")));
    }

    [Fact]
    public async Task LeftoverTemporaryFilesAreNoObjects()
    {
        await Storage.PutAsync("a", new byte[1], default);
        await File.WriteAllTextAsync(Path.Combine(Storage.Location, ".tmp-1"), "half");
        Assert.Equal(["a"], await Storage.ListAsync("", default).Select(item => item.Name).ToListAsync());
    }

    [Fact]
    public async Task WhatDeadWritersLeftIsDeletedWhenItIsOldAndObjectsStay()
    {
        await Storage.PutAsync("packs/ab/x", new byte[1], default);
        var old = Path.Combine(Storage.Location, "packs/ab/.tmp-1");
        var fresh = Path.Combine(Storage.Location, ".tmp-2");
        foreach (var file in new[] { old, fresh })
            await File.WriteAllTextAsync(file, "half");
        var now = DateTimeOffset.UtcNow;
        File.SetLastWriteTimeUtc(old, now.UtcDateTime.AddDays(-2));
        File.SetLastWriteTimeUtc(Path.Combine(Storage.Location, "packs/ab/x"), now.UtcDateTime.AddDays(-2));
        Assert.Equal(1, await Storage.DeleteLeftoversAsync(now.AddDays(-1), default));
        Assert.Equal((false, true), (File.Exists(old), File.Exists(fresh)));
        Assert.Equal(["packs/ab/x"], await Storage.ListAsync("", default).Select(item => item.Name).ToListAsync());
        Assert.Equal(0, await Storage.DeleteLeftoversAsync(now.AddDays(-1), default));
    }

    [SkippableFact]
    [UnsupportedOSPlatform("windows")]
    public async Task AFolderWithoutRightsIsToldAsAccessDenied()
    {
        Skip.If(OperatingSystem.IsWindows() || Environment.UserName == "root", "root may write anywhere");
        await Storage.PutAsync("a", new byte[1], default);
        File.SetUnixFileMode(Storage.Location, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await ErrorAssert.ThrowsAsync(ErrorId.StorageAccessDenied, () => Storage.PutAsync("b", new byte[1], default));
        File.SetUnixFileMode(Storage.Location, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [SkippableFact]
    public async Task AFullDeviceIsToldAsFullAndLeavesNothing()
    {
        Skip.IfNot(File.Exists("/dev/full"), "no /dev/full");
        var failure = await Assert.ThrowsAnyAsync<IOException>(() => File.WriteAllBytesAsync("/dev/full", new byte[10]));
        Assert.Equal(ErrorId.StorageFull, StorageErrors.OfWrite(failure, "a", "here").Id);
    }

    [Theory]
    [InlineData(28, ErrorId.StorageFull)]
    [InlineData(122, ErrorId.StorageFull)]
    [InlineData(30, ErrorId.StorageReadOnly)]
    [InlineData(5, ErrorId.StorageWriteFailed)]
    [InlineData(unchecked((int)0x80070070), ErrorId.StorageFull)]
    public void FailuresOfTheSystemHaveTheirIds(int code, ErrorId id) =>
        Assert.Equal(id, StorageErrors.OfWrite(new IOException("x", code), "a", "here").Id);

    [Fact]
    public async Task SpaceIsToldAlsoBeforeTheFolderIsThere()
    {
        var space = await Storage.GetSpaceAsync(default);
        Assert.NotNull(space);
        Assert.InRange(space.FreeBytes, 1, space.TotalBytes);
    }

    [Fact]
    public async Task AFileWhereTheFolderBelongsIsAnErrorOfWriting()
    {
        Directory.CreateDirectory(_folder);
        await File.WriteAllTextAsync(Storage.Location, "a file");
        var error = await Assert.ThrowsAsync<TsBackupException>(() => Storage.PutAsync("a/b", new byte[1], default));
        Assert.Equal(ErrorKind.StorageWrite, error.Kind);
    }
}
