using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

public sealed class CopyOperationTests : OperationsFixture
{
    [Fact]
    public async Task ACopyUnderAnotherKeyHoldsTheSameRowsAndIsNotMadeTwice()
    {
        FillStore();
        await using var from = await CreateAsync();
        var first = await BackupAsync(from);
        await using var to = await CreateWithAsync("copy", "another passphrase");
        var copy = await CopyAsync(from, to, first);
        Assert.False(copy.AlreadyThere);
        Assert.True(copy.BlocksCopied > 0);
        Assert.True((await TestAsync(to, copy.CopyId)).Passed);
        Assert.True((await CopyAsync(from, to, first)).AlreadyThere);

        var result = await RestoreAsync(to, "latest", new MemoryStore("target"));
        Assert.True(result.Verified);
        Assert.Equal(first.Rows, result.RowsRestored);
    }

    [Fact]
    public async Task ASecondVersionCopiesOnlyWhatIsMissing()
    {
        FillStore();
        await using var from = await CreateAsync();
        await using var to = await CreateAsync("copy");
        var first = await CopyAsync(from, to, await BackupAsync(from));
        Store.Add("tuesday", "t2", MemorySlice.Make("cpu", Tuesday, 5, 91, 3));
        var second = await CopyAsync(from, to, await BackupAsync(from));
        Assert.True(second.BlocksReused >= 8, $"{second.BlocksReused} blocks reused");
        Assert.True(second.StoredBytes < first.StoredBytes);
        Assert.True((await TestAsync(to, second.CopyId)).Passed);
    }

    [Fact]
    public async Task DamageDoesNotSpreadToACopy()
    {
        FillStore();
        BackupVersion version;
        await using (var repository = await CreateAsync())
            version = await BackupAsync(repository);
        var pack = Directory.GetFiles(Folder.File("repository"), "*", SearchOption.AllDirectories).MaxBy(f => new FileInfo(f).Length)!;
        var bytes = await File.ReadAllBytesAsync(pack);
        bytes[bytes.Length / 4] ^= 2;
        File.Delete(pack);
        await File.WriteAllBytesAsync(pack, bytes);
        await using var from = await OpenAsync();
        await using var to = await CreateAsync("copy");
        var error = await Assert.ThrowsAsync<TsBackupException>(() => CopyAsync(from, to, version));
        Assert.Equal(ErrorKind.Damaged, error.Kind);
        Assert.Empty(await VersionQuery.ListAsync(to, null, default));
    }

    private static async Task<BackupCopy> CopyAsync(RepositoryConnection from, RepositoryConnection to, BackupVersion version)
    {
        var header = await VersionQuery.FindAsync(from, version.VersionId, null, null, default);
        return await CopyOperation.RunAsync(from, to, header, SilentObserver.Instance, default);
    }

    private async Task<RepositoryConnection> CreateWithAsync(string name, string passphrase)
    {
        using var key = KeySource.FromPassphrase(passphrase);
        return await RepositoryConnection.CreateAsync(Folder.File(name), key, FastOptions, default);
    }
}
