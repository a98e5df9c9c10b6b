using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Repository;

/// <summary>Repositories that earlier builds wrote stay readable. Their files are never made again.</summary>
public sealed class GoldenRepositoryTests
{
    [Fact]
    public async Task FormatOneIsReadable()
    {
        using var key = KeySource.FromPassphrase(SmallRepository.Passphrase);
        await using var repository = await BlockRepository.OpenAsync(new LocalStorage(Folder()), key, default);
        Assert.Equal(1, repository.Info.Format);
        var versions = await SmallRepository.ListAsync(repository);
        Assert.Equal(2, versions.Count);
        foreach (var version in versions)
            await SmallRepository.RequireIntactAsync(repository, version);
        Assert.Equal(3, await repository.Log.ReadAllAsync(default).CountAsync());
        Assert.Empty(await new StoredCheck(repository, StoredCheckOptions.Default).RunAsync(default).ToListAsync());
    }

    /// <summary>Makes the files of a new format into a folder named by TSBACKUP_GOLDEN; does nothing otherwise.</summary>
    [SkippableFact]
    public async Task AGoldenRepositoryIsMadeOnDemand()
    {
        var folder = Environment.GetEnvironmentVariable("TSBACKUP_GOLDEN");
        Skip.If(string.IsNullOrEmpty(folder), "TSBACKUP_GOLDEN names no folder");
        await using var repository = await SmallRepository.CreateAsync(new LocalStorage(folder));
        await SmallRepository.BackUpAsync(repository, 1, 2);
        await SmallRepository.BackUpAsync(repository, 2, 3);
        Assert.Equal(2, (await SmallRepository.ListAsync(repository)).Count);
    }

    private static string Folder([System.Runtime.CompilerServices.CallerFilePath] string source = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "../Golden/repository-v1"));
}
