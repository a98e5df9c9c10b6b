using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Repository;

public sealed class RepairTests
{
    [Theory]
    [InlineData("index/")]
    [InlineData("log/")]
    public async Task ALostOrDamagedObjectThatCanBeMadeAgainHurtsNoVersion(string prefix)
    {
        var sample = await DamageTests.SampleAsync();
        foreach (var name in sample.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            foreach (var damage in new Action<Dictionary<string, byte[]>>[] { all => all.Remove(name), all => all[name] = Flip(all[name]) })
            {
                var changed = sample.ToDictionary();
                damage(changed);
                var storage = await DamageTests.StorageAsync(changed);
                await using var repository = await SmallRepository.OpenAsync(storage);
                Assert.Empty((await new Repair(repository, RepairOptions.Default).RunAsync(default)).VersionsHurt);
                await RequireSoundAsync(storage, 2);
            }
        }
    }

    [Fact]
    public async Task GoodBlocksOfADamagedPackAreSavedAndTheLostOneIsNamed()
    {
        var storage = new MemoryStorage();
        BlockId lost;
        string pack;
        VersionHeader hurt, whole;
        await using (var first = await SmallRepository.CreateAsync(storage))
        {
            hurt = await SmallRepository.BackUpAsync(first, 1, 2, 3);
            whole = await SmallRepository.BackUpAsync(first, 1, 3);
            lost = first.IdOf(SmallRepository.Block(2));
            var location = first.Index.Find(lost)[0];
            pack = first.Index.Pack(location.Pack).Name;
            await ChangeAsync(storage, pack, bytes => bytes[location.Offset + 10] ^= 1);
        }
        await using var repository = await SmallRepository.OpenAsync(storage);
        var result = await new Repair(repository, RepairOptions.Default).RunAsync(default);
        Assert.Equal([hurt.Id], result.VersionsHurt.Keys);
        Assert.Equal([lost], result.VersionsHurt[hurt.Id]);
        Assert.Contains(pack, result.ObjectsDropped);
        Assert.True(result.BlocksSaved >= 2);
        await using var again = await SmallRepository.OpenAsync(storage);
        await SmallRepository.RequireIntactAsync(again, whole);
        Assert.Empty(await new StoredCheck(again, StoredCheckOptions.Default).RunAsync(default).ToListAsync());
    }

    [Fact]
    public async Task ACopyHealsWhatIsLost()
    {
        var storage = new MemoryStorage();
        var copyStorage = new MemoryStorage();
        await using var copy = await SmallRepository.CreateAsync(copyStorage);
        await using (var repository = await SmallRepository.CreateAsync(storage))
        {
            var version = await SmallRepository.BackUpAsync(repository, 1, 2, 3);
            await new VersionCopy(repository, copy, (content, _) => content).CopyAsync(version, null, default);
            var location = repository.Index.Find(repository.IdOf(SmallRepository.Block(2)))[0];
            await ChangeAsync(storage, repository.Index.Pack(location.Pack).Name, bytes => bytes[location.Offset] ^= 1);
        }
        await using (var repository = await SmallRepository.OpenAsync(storage))
        {
            var result = await new Repair(repository, new RepairOptions { Source = copy }).RunAsync(default);
            Assert.Equal(1, result.BlocksHealed);
            Assert.Empty(result.VersionsHurt);
        }
        await RequireSoundAsync(storage, 1);
    }

    [Fact]
    public async Task AnUnreadableVersionIsDroppedAndTheOthersStay()
    {
        var sample = await DamageTests.SampleAsync();
        var name = sample.Keys.First(name => name.StartsWith("versions/", StringComparison.Ordinal));
        sample[name] = Flip(sample[name]);
        var storage = await DamageTests.StorageAsync(sample);
        await using var repository = await SmallRepository.OpenAsync(storage);
        Assert.Contains(name, (await new Repair(repository, RepairOptions.Default).RunAsync(default)).ObjectsDropped);
        await RequireSoundAsync(storage, 1);
    }

    [Fact]
    public async Task ARepairOfASoundRepositoryChangesNothing()
    {
        var sample = await DamageTests.SampleAsync();
        var storage = await DamageTests.StorageAsync(sample);
        await using var repository = await SmallRepository.OpenAsync(storage);
        var result = await new Repair(repository, RepairOptions.Default).RunAsync(default);
        Assert.Equal((0, 0, 0, 0, 0),
            (result.ObjectsDropped.Count, result.PacksIndexed, result.BlocksSaved, result.BlocksHealed, result.VersionsHurt.Count));
        Assert.Equal(sample.Keys.Order(), (await storage.ListAsync("", default).ToListAsync()).Select(item => item.Name).Order());
    }

    internal static async Task ChangeAsync(MemoryStorage storage, string name, Action<byte[]> change)
    {
        var bytes = new byte[await storage.GetLengthAsync(name, default)];
        await storage.ReadAsync(name, 0, bytes, default);
        change(bytes);
        await storage.DeleteAsync(name, default);
        await storage.PutAsync(name, bytes, default);
    }

    private static byte[] Flip(byte[] bytes)
    {
        var changed = bytes.ToArray();
        changed[^40] ^= 1;
        return changed;
    }

    private static async Task RequireSoundAsync(IStorage storage, int versions)
    {
        await using var repository = await SmallRepository.OpenAsync(storage);
        var list = await SmallRepository.ListAsync(repository);
        Assert.Equal(versions, list.Count);
        foreach (var version in list)
            await SmallRepository.RequireIntactAsync(repository, version);
        await SmallRepository.BackUpAsync(repository, 8);
        Assert.Empty(await new StoredCheck(repository, StoredCheckOptions.Default).RunAsync(default).ToListAsync());
    }
}
