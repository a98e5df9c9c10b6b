using System.Text;
using TsBackup.Errors;
using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Repository;

/// <summary>The lines of the threat model (FORMAT.md section 14) that no other class proves.</summary>
public sealed class ThreatModelTests
{
    private readonly MemoryStorage _storage = new();

    [Fact]
    public async Task WhoReadsTheStorageSeesNoDataNoNamesAndNoIds()
    {
        await using var repository = await SmallRepository.CreateAsync(_storage);
        var marker = Encoding.UTF8.GetBytes("a very particular measurement name");
        await using var writer = await repository.BeginWriteAsync(default);
        var block = await writer.PutAsync(marker, default);
        var header = new VersionHeader { Store = "influxdb://secret-host/secretdb", Tags = ["secret-tag"], Reasons = ["secret-reason"] };
        await writer.CommitAsync(new VersionDraft { Header = header, Content = marker, References = [block.Id] }, default);
        byte[][] secrets = [marker[2..],
            "secret"u8.ToArray(), block.Id.ToArray(), Encoding.UTF8.GetBytes(SmallRepository.Passphrase), repository.Store.Keys!.IdKey];
        await foreach (var item in _storage.ListAsync("", default))
        {
            var bytes = new byte[item.Length];
            await _storage.ReadAsync(item.Name, 0, bytes, default);
            Assert.All(secrets, secret => Assert.True(bytes.AsSpan().IndexOf(secret) < 0, item.Name));
            Assert.DoesNotContain("secret", item.Name, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task EqualDataHasOtherIdsInAnotherRepository()
    {
        await using var one = await SmallRepository.CreateAsync(_storage);
        await using var two = await SmallRepository.CreateAsync(new MemoryStorage());
        Assert.NotEqual(one.IdOf(SmallRepository.Block(1)), two.IdOf(SmallRepository.Block(1)));
    }

    [Fact]
    public async Task ARecomputedChecksumDoesNotHideAChange()
    {
        var sample = await DamageTests.SampleAsync();
        foreach (var (name, content) in sample.Where(item => ObjectNames.KindOf(item.Key) is not ObjectKind.Config))
        {
            for (var at = 28; at < content.Length - 32; at += 41)
            {
                var changed = content.ToArray();
                changed[at] ^= 4;
                ObjectFrame.WriteChecksum(name, changed);
                var all = sample.ToDictionary();
                all[name] = changed;
                await RequireNothingFalseAsync(all, name, at);
            }
        }
    }

    [Fact]
    public async Task AVersionUnderTheNameOfAnotherIsRefused()
    {
        var sample = await DamageTests.SampleAsync();
        var names = sample.Keys.Where(name => name.StartsWith("versions/", StringComparison.Ordinal)).ToList();
        var replayed = sample[names[0]].ToArray();
        ObjectFrame.WriteChecksum(names[1], replayed);
        sample[names[1]] = replayed;
        await using var repository = await SmallRepository.OpenAsync(await DamageTests.StorageAsync(sample));
        await ErrorAssert.ThrowsAsync(ErrorId.VersionDamaged, () => repository.GetVersionAsync(ObjectNames.Leaf(names[1]), default));
    }

    [Fact]
    public async Task BytesUnderTheIdOfOthersDoNotPass()
    {
        await using var repository = await SmallRepository.CreateAsync(_storage);
        var epoch = repository.Store.Keys!.Current;
        var id = repository.IdOf(SmallRepository.Block(1));
        var pack = new PackBuilder(repository.Store.Id, epoch, new byte[1 << 16]);
        Assert.True(pack.TryReserve(id, 3000, out var offset));
        pack.Seal(id, offset, SmallRepository.Block(2));
        pack.Close();
        await _storage.PutAsync(pack.Name, await pack.FinishAsync(default), default);
        var version = await SmallRepository.BackUpAsync(repository, 1);
        var problem = await ErrorAssert.ThrowsAsync(ErrorId.BlockDamaged, () => SmallRepository.RequireIntactAsync(repository, version));
        Assert.Equal(id.ToString(), problem.Target);
    }

    [Fact]
    public async Task HostileLengthsTakeNoMemory()
    {
        var sample = await DamageTests.SampleAsync();
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var (name, content) in sample.Where(item => ObjectNames.KindOf(item.Key) is not (ObjectKind.Pack or ObjectKind.Config)))
        {
            foreach (var at in new[] { 28, 34, content.Length - 36 })
            {
                var changed = content.ToArray();
                changed.AsSpan(at, 4).Fill(0xFE);
                ObjectFrame.WriteChecksum(name, changed);
                try
                {
                    var frame = ObjectFrame.Decode(ObjectNames.KindOf(name)!.Value, name, changed);
                    if (frame.Kind == ObjectKind.Index)
                        IndexObject.ReadPacks(frame);
                    else if (frame.Kind == ObjectKind.Log)
                        LogEntry.Decode(frame, 1);
                }
                catch (TsBackupException failure)
                {
                    Assert.Equal(ErrorKind.Damaged, failure.Kind);
                }
            }
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    private static async Task RequireNothingFalseAsync(Dictionary<string, byte[]> all, string name, int at)
    {
        try
        {
            await using var repository = await SmallRepository.OpenAsync(await DamageTests.StorageAsync(all));
            await repository.Log.ReadAllAsync(default).CountAsync();
            var versions = await repository.ListVersionsAsync(default).ToListAsync();
            foreach (var version in versions)
                await SmallRepository.RequireIntactAsync(repository, version);
            var isIdle = ObjectNames.KindOf(name) == ObjectKind.Pack || versions.Count < 2;
            Assert.True(isIdle, $"{name} byte {at}: nobody noticed");
        }
        catch (TsBackupException failure)
        {
            Assert.True(failure.Kind is ErrorKind.Damaged or ErrorKind.Authentication, $"{name} byte {at}: {failure.Id}");
        }
    }
}
