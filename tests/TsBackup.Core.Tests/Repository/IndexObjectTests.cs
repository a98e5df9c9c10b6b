using TsBackup.Errors;
using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Repository;

public sealed class IndexObjectTests
{
    [Theory]
    [InlineData(900u, 36)]
    [InlineData(uint.MaxValue, 36)]
    [InlineData(15u, 36)]
    [InlineData(0u, 36)]
    [InlineData(500u, 35)]
    [InlineData(500u, 0)]
    public async Task AnIndexThatPointsOutsideItsPackIsDamagedAsAWholeAndHidesNoOther(uint stored, int bytes)
    {
        var storage = new MemoryStorage();
        await using var repository = await SmallRepository.CreateAsync(storage);
        var version = await SmallRepository.BackUpAsync(repository, 1, 2);
        var id = repository.IdOf(SmallRepository.Block(1));
        var (plain, secret) = IndexObject.Encode([(new PackId(7, 7), 1000, [new PackEntry(id, stored)])]);
        var name = ObjectNames.Indexes + ObjectNames.NewId();
        await repository.Store.PutAsync(ObjectKind.Index, name, plain, secret.AsMemory(0, bytes), default);

        await using var again = await SmallRepository.OpenAsync(storage);
        await SmallRepository.RequireIntactAsync(again, version);
        var problem = Assert.Single(again.IndexProblems);
        Assert.Equal((ErrorId.IndexDamaged, name), (problem.ErrorId, problem.Name));
        await SmallRepository.BackUpAsync(again, 1, 3);
        await ErrorAssert.ThrowsAsync(ErrorId.IndexDamaged, () => new Compaction(again, CompactionTests.AtOnce).RunAsync(default));
    }
}
