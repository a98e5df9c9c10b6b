using System.Text;
using TsBackup.Repository;
using TsBackup.Storage;
using Xunit;

namespace TsBackup.Tests.Support;

/// <summary>A repository of a few blocks, cheap to make: for tests of what may happen to it.</summary>
internal static class SmallRepository
{
    public const string Passphrase = "correct horse battery staple";

    public static readonly RepositoryOptions Options = new() { KeyIterations = 1_000, PackSize = 64 << 10 };

    public static KeySource Key() => KeySource.FromPassphrase(Passphrase);

    public static async Task<BlockRepository> CreateAsync(IStorage storage)
    {
        using var key = Key();
        return await BlockRepository.CreateAsync(storage, key, Options, default);
    }

    public static async Task<BlockRepository> OpenAsync(IStorage storage)
    {
        using var key = Key();
        return await BlockRepository.OpenAsync(storage, key, Options, default);
    }

    public static byte[] Block(int seed, int length = 3000)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Backs up the blocks of some seeds as one version.</summary>
    public static async Task<VersionHeader> BackUpAsync(BlockRepository repository, params int[] seeds)
    {
        await using var writer = await repository.BeginWriteAsync(default);
        List<BlockId> ids = [];
        foreach (var seed in seeds)
            ids.Add((await writer.PutAsync(Block(seed), default)).Id);
        return await writer.CommitAsync(Draft(ids, seeds), default);
    }

    public static VersionDraft Draft(IReadOnlyCollection<BlockId> ids, params int[] seeds) => new()
    {
        Header = new VersionHeader
        {
            Store = "file:///data",
            Kind = "file",
            Started = DateTimeOffset.UtcNow,
            Finished = DateTimeOffset.UtcNow,
        },
        Content = Encoding.UTF8.GetBytes(string.Join(',', seeds)),
        References = ids,
    };

    /// <summary>Reads a version whole and proves that every block is the one that its content names.</summary>
    public static async Task RequireIntactAsync(BlockRepository repository, VersionHeader version)
    {
        var content = Encoding.UTF8.GetString((await repository.ReadContentAsync(version, default)).Span);
        var seeds = content.Length == 0 ? [] : content.Split(',').Select(int.Parse).ToArray();
        var ids = await repository.ReadReferencesAsync(version, default);
        Assert.Equal(seeds.Length, ids.Count);
        for (var i = 0; i < seeds.Length; i++)
        {
            using var block = await repository.ReadBlockAsync(ids[i], default);
            Assert.True(block.Span.SequenceEqual(Block(seeds[i])), $"block {i} of version {version.Id}");
        }
    }

    public static async Task<List<VersionHeader>> ListAsync(BlockRepository repository) =>
        await repository.ListVersionsAsync(default).ToListAsync();
}
