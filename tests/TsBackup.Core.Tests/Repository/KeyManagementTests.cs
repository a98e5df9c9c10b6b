using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TsBackup.Errors;
using TsBackup.Repository;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Repository;

public sealed class KeyManagementTests
{
    private readonly MemoryStorage _storage = new();

    [Fact]
    public async Task ASecondPassphraseOpensAllAndARemovedOneNothingNew()
    {
        await using var repository = await SmallRepository.CreateAsync(_storage);
        await SmallRepository.BackUpAsync(repository, 1);
        using var second = KeySource.FromPassphrase("second");
        var slot = await repository.Keys.AddAsync(second, KeyAccess.Full, "second", 1000, default);
        await using var old = await BlockRepository.OpenAsync(_storage, second, default);
        await SmallRepository.RequireIntactAsync(old, (await SmallRepository.ListAsync(old))[0]);

        await repository.Keys.RemoveAsync("second", default);
        Assert.Equal(2, repository.Info.Epoch);
        await ErrorAssert.ThrowsAsync(ErrorId.RepositoryKeyWrong, () => BlockRepository.OpenAsync(_storage, second, default));
        var later = await SmallRepository.BackUpAsync(repository, 1, 2);

        // Whoever kept the keys of the removed slot: earlier data yes, later data no.
        await ErrorAssert.ThrowsAsync(ErrorId.KeyDamaged, () => old.GetVersionAsync(later.Id, default));
        await ErrorAssert.ThrowsAsync(ErrorId.KeyDamaged, () => SmallRepository.BackUpAsync(old, 9));
        await using var again = await SmallRepository.OpenAsync(_storage);
        foreach (var version in await SmallRepository.ListAsync(again))
            await SmallRepository.RequireIntactAsync(again, version);
        Assert.DoesNotContain(await again.Keys.ListAsync(default), other => other.Id == slot.Id);
        Assert.Empty(await new StoredCheck(again, StoredCheckOptions.Default).RunAsync(default).ToListAsync());
    }

    [Fact]
    public async Task CompactionPutsEarlierDataOutOfReachOfARemovedKey()
    {
        await using var repository = await SmallRepository.CreateAsync(_storage);
        var version = await SmallRepository.BackUpAsync(repository, 1, 2);
        using var second = KeySource.FromPassphrase("second");
        await repository.Keys.AddAsync(second, KeyAccess.Full, "second", 1000, default);
        await repository.Keys.RemoveAsync("second", default);
        await new Compaction(repository, CompactionTests.AtOnce with { RewriteOldEpochs = true }).RunAsync(default);
        await using var again = await SmallRepository.OpenAsync(_storage);
        await SmallRepository.RequireIntactAsync(again, version);
        await foreach (var pack in _storage.ListAsync("packs/", default))
            Assert.Equal(2u, await again.Store.ReadPackEpochAsync(pack.Name, default));
    }

    [Fact]
    public async Task AWriteOnlyKeyBacksUpAndReadsNoData()
    {
        await using var repository = await SmallRepository.CreateAsync(_storage);
        var before = await SmallRepository.BackUpAsync(repository, 1, 2);
        using var host = KeySource.FromPassphrase("host");
        await repository.Keys.AddAsync(host, KeyAccess.WriteOnly, "host", 1000, default);
        await using var writer = await BlockRepository.OpenAsync(_storage, host, SmallRepository.Options, default);
        Assert.Equal(KeyAccess.WriteOnly, writer.Info.Access);
        var version = await SmallRepository.BackUpAsync(writer, 2, 3);
        Assert.InRange(version.NewBlocks, 1, 3);
        await ErrorAssert.ThrowsAsync(ErrorId.KeyCannotRead, () => writer.ReadContentAsync(before, default));
        await ErrorAssert.ThrowsAsync(ErrorId.KeyCannotRead, () => writer.ReadBlockAsync(writer.IdOf(SmallRepository.Block(3)), default));
        await ErrorAssert.ThrowsAsync(ErrorId.KeyCannotRead, () => writer.Keys.AddAsync(host, KeyAccess.Full, "x", 1000, default));
        await ErrorAssert.ThrowsAsync(ErrorId.KeyCannotRead, () => new Compaction(writer, CompactionTests.AtOnce).RunAsync(default));
        await using var full = await SmallRepository.OpenAsync(_storage);
        await SmallRepository.RequireIntactAsync(full, version);
    }

    [Fact]
    public async Task ACertificateIsAddedByItsPublicHalfAndOpensByItsPrivateOne()
    {
        await using var repository = await SmallRepository.CreateAsync(_storage);
        var version = await SmallRepository.BackUpAsync(repository, 1);
        using var certificate = MakeCertificate(RSA.Create(2048));
        using var publicHalf = X509CertificateLoader.LoadCertificate(certificate.RawData);
        using var publicKey = KeySource.FromCertificate(publicHalf);
        var slot = await repository.Keys.AddAsync(publicKey, KeyAccess.Full, "safe", 0, default);
        Assert.Equal((KeySlotKind.Certificate, "CN=backup"), (slot.Kind, slot.Subject));
        await ErrorAssert.ThrowsAsync(ErrorId.RepositoryKeyWrong, () => BlockRepository.OpenAsync(_storage, publicKey, default));
        using var privateKey = KeySource.FromCertificate(certificate);
        await using var again = await BlockRepository.OpenAsync(_storage, privateKey, default);
        await SmallRepository.RequireIntactAsync(again, version);
        using var other = MakeCertificate(RSA.Create(2048));
        using var otherKey = KeySource.FromCertificate(other);
        await ErrorAssert.ThrowsAsync(ErrorId.RepositoryKeyWrong, () => BlockRepository.OpenAsync(_storage, otherKey, default));
    }

    [SkippableFact]
    public async Task AnotherToolOpensTheEnvelope()
    {
        var openssl = "/usr/bin/openssl";
        Skip.IfNot(File.Exists(openssl), "no openssl on this machine");
        var folder = Directory.CreateTempSubdirectory("tsb-cms-");
        try
        {
            using var rsa = RSA.Create(2048);
            using var certificate = MakeCertificate(rsa);
            var secret = RandomNumberGenerator.GetBytes(32);
            await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "e"), CmsEnvelope.Seal(secret, certificate));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "k"), rsa.ExportPkcs8PrivateKeyPem());
            var start = new System.Diagnostics.ProcessStartInfo(openssl, "cms -decrypt -binary -inform DER -in e -inkey k -out o")
            {
                WorkingDirectory = folder.FullName,
            };
            using var process = System.Diagnostics.Process.Start(start)!;
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
            Assert.Equal(secret, await File.ReadAllBytesAsync(Path.Combine(folder.FullName, "o")));
        }
        finally
        {
            folder.Delete(true);
        }
    }

    [Fact]
    public void ACertificateWithoutAnRsaKeyIsRefused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        ErrorAssert.Throws(ErrorId.CapabilityMissing, () => KeySource.FromCertificate(certificate));
    }

    [Fact]
    public async Task TheLastKeyWithFullAccessStays()
    {
        await using var repository = await SmallRepository.CreateAsync(_storage);
        using var host = KeySource.FromPassphrase("host");
        await repository.Keys.AddAsync(host, KeyAccess.WriteOnly, "host", 1000, default);
        await ErrorAssert.ThrowsAsync(ErrorId.KeySlotLast, () => repository.Keys.RemoveAsync(repository.Info.SlotId, default));
        await ErrorAssert.ThrowsAsync(ErrorId.KeySlotNotFound, () => repository.Keys.RemoveAsync("nobody", default));
        await ErrorAssert.ThrowsAsync(ErrorId.KeySlotExists, () => repository.Keys.AddAsync(host, KeyAccess.Full, "host", 1000, default));
        ErrorAssert.Throws(ErrorId.PassphraseMissing, () => KeySource.FromPassphrase(""));
    }

    [Fact]
    public async Task AnAbsurdCostIsRefusedAndNotPaid()
    {
        await using var repository = await SmallRepository.CreateAsync(_storage);
        var slot = (await repository.Keys.ListAsync(default))[0] with { Iterations = int.MaxValue };
        var name = ObjectNames.Slot(slot.Id);
        await _storage.DeleteAsync(name, default);
        await _storage.PutAsync(
            name, ObjectFrame.Encode(ObjectKind.Slot, name, repository.Store.Id, 0, slot.Encode(), new byte[160], new byte[32]), default);
        await ErrorAssert.ThrowsAsync(ErrorId.KeyCostExcessive, () => SmallRepository.OpenAsync(_storage));
        using var key = SmallRepository.Key();
        await ErrorAssert.ThrowsAsync(ErrorId.ArgumentInvalid, () => repository.Keys.AddAsync(key, KeyAccess.Full, "", 1, default));
    }

    [Fact]
    public async Task AGrantForgedWithoutFullAccessIsRefused()
    {
        await using var repository = await SmallRepository.CreateAsync(_storage);
        var slot = (await repository.Keys.ListAsync(default))[0];
        using var forged = Keyring.Create();
        forged.Add(KeyEpoch.Create(9));
        await new KeyChest(repository.Store).GrantAsync(forged, slot, default);
        await ErrorAssert.ThrowsAsync(ErrorId.KeyDamaged, () => SmallRepository.OpenAsync(_storage));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ASlotThatSomebodyPutThereIsNeverGivenKeys(bool takesTheIdOfAnother)
    {
        await using var repository = await SmallRepository.CreateAsync(_storage);
        using var leaving = KeySource.FromPassphrase("leaving");
        await repository.Keys.AddAsync(leaving, KeyAccess.Full, "leaving", 1000, default);
        using var colleague = KeySource.FromPassphrase("colleague");
        var known = await repository.Keys.AddAsync(colleague, KeyAccess.Full, "colleague", 1000, default);
        var (_, forgedPublic) = KeyPair.Generate();
        var id = takesTheIdOfAnother ? known.Id : ObjectNames.NewId();
        var forged = known with { Id = id, Label = "forged", PublicKey = forgedPublic };
        var name = ObjectNames.Slot(id);
        await _storage.DeleteAsync(name, default);
        await _storage.PutAsync(
            name, ObjectFrame.Encode(ObjectKind.Slot, name, repository.Store.Id, 0, forged.Encode(), new byte[160], new byte[32]), default);
        Assert.Equal([id], (await repository.Keys.ListAsync(default)).Where(slot => !slot.IsGenuine).Select(slot => slot.Id));

        Assert.Equal(2, (await repository.Keys.RemoveAsync("leaving", default)).Count);
        Assert.DoesNotContain(
            await _storage.ListAsync("", default).ToListAsync(), item => item.Name.Contains(id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ARemovedSlotThatIsPutBackIsNotGivenNewKeys()
    {
        await using var repository = await SmallRepository.CreateAsync(_storage);
        using var second = KeySource.FromPassphrase("second");
        var slot = await repository.Keys.AddAsync(second, KeyAccess.Full, "second", 1000, default);
        using var third = KeySource.FromPassphrase("third");
        await repository.Keys.AddAsync(third, KeyAccess.Full, "third", 1000, default);
        Dictionary<string, byte[]> kept = [];
        await foreach (var item in _storage.ListAsync("", default))
        {
            if (!item.Name.Contains(slot.Id, StringComparison.Ordinal))
                continue;
            kept[item.Name] = new byte[item.Length];
            await _storage.ReadAsync(item.Name, 0, kept[item.Name], default);
        }
        Assert.Equal([slot.Id], await repository.Keys.RemoveAsync("second", default));
        foreach (var (name, content) in kept)
            await _storage.PutAsync(name, content, default);
        Assert.False((await repository.Keys.ListAsync(default)).Single(other => other.Id == slot.Id).IsGenuine);
        var told = await new StoredCheck(repository, StoredCheckOptions.Default).RunAsync(default).ToListAsync();
        Assert.Equal(kept.Keys.Order(), told.Select(problem => problem.Name).Order());
        Assert.All(told, problem => Assert.Equal(ErrorId.KeyDamaged, problem.ErrorId));
        await repository.Keys.RemoveAsync("third", default);
        await ErrorAssert.ThrowsAsync(ErrorId.RepositoryKeyWrong, () => BlockRepository.OpenAsync(_storage, second, default));
        await using var again = await SmallRepository.OpenAsync(_storage);
        await SmallRepository.BackUpAsync(again, 1);
        Assert.Empty(await new StoredCheck(again, StoredCheckOptions.Default).RunAsync(default).ToListAsync());
    }

    [Fact]
    public async Task ADamagedSlotIsToldAndCanBeRemoved()
    {
        await using var repository = await SmallRepository.CreateAsync(_storage);
        using var second = KeySource.FromPassphrase("second");
        var slot = await repository.Keys.AddAsync(second, KeyAccess.Full, "second", 1000, default);
        await RepairTests.ChangeAsync(_storage, ObjectNames.Slot(slot.Id), bytes => bytes[50] ^= 1);
        List<RepositoryProblem> problems = [];
        Assert.Single(await repository.Keys.ListAsync(problems.Add, default));
        Assert.Equal((ErrorId.KeyDamaged, ObjectNames.Slot(slot.Id)), (Assert.Single(problems).ErrorId, problems[0].Name));
        Assert.Equal([slot.Id], await repository.Keys.RemoveAsync(slot.Id, default));
        Assert.Empty(await new StoredCheck(repository, StoredCheckOptions.Default).RunAsync(default).ToListAsync());
    }

    [Fact]
    public async Task ARemovalOfAKeyThatStopsAnywhereLeavesARepositoryThatOpensAndCanBeDoneAgain()
    {
        for (var failAt = 1; ; failAt++)
        {
            var storage = new MemoryStorage();
            await using (var made = await SmallRepository.CreateAsync(storage))
            {
                await SmallRepository.BackUpAsync(made, 1);
                foreach (var name in new[] { "second", "third" })
                {
                    using var source = KeySource.FromPassphrase(name);
                    await made.Keys.AddAsync(source, KeyAccess.Full, name, 1000, default);
                }
            }
            var faulty = new FaultyStorage(storage) { FailAt = failAt, StaysDown = true };
            await using (var dying = await SmallRepository.OpenAsync(faulty))
                await Record.ExceptionAsync(() => dying.Keys.RemoveAsync("second", default));
            await using (var again = await SmallRepository.OpenAsync(storage))
            {
                await SmallRepository.BackUpAsync(again, 1, failAt);
                if ((await again.Keys.ListAsync(default)).Any(slot => slot.Label == "second"))
                    Assert.Single(await again.Keys.RemoveAsync("second", default));
            }
            using var second = KeySource.FromPassphrase("second");
            await ErrorAssert.ThrowsAsync(ErrorId.RepositoryKeyWrong, () => BlockRepository.OpenAsync(storage, second, default));
            using var third = KeySource.FromPassphrase("third");
            await using var other = await BlockRepository.OpenAsync(storage, third, default);
            foreach (var version in await SmallRepository.ListAsync(other))
                await SmallRepository.RequireIntactAsync(other, version);
            if (faulty.Changes < failAt)
                return;
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task WhoeverOpenedBeforeAnotherChangedKeysChangesNone(int stopsAt)
    {
        await using var made = await SmallRepository.CreateAsync(_storage);
        foreach (var name in new[] { "second", "third" })
        {
            using var source = KeySource.FromPassphrase(name);
            await made.Keys.AddAsync(source, KeyAccess.Full, name, 1000, default);
        }
        await using var late = await SmallRepository.OpenAsync(_storage);
        await using (var other = await SmallRepository.OpenAsync(new FaultyStorage(_storage) { FailAt = stopsAt, StaysDown = true }))
            await Record.ExceptionAsync(() => other.Keys.RemoveAsync("second", default));
        var told = await Assert.ThrowsAsync<TsBackupException>(() => late.Keys.RemoveAsync("third", default));
        Assert.True(told.Id is ErrorId.RepositoryBusy or ErrorId.KeyDamaged, told.Message);
        await using var again = await SmallRepository.OpenAsync(_storage);
        var kept = await SmallRepository.BackUpAsync(again, 1);
        await again.Keys.RemoveAsync("third", default);
        await SmallRepository.RequireIntactAsync(await SmallRepository.OpenAsync(_storage), kept);
    }

    [Fact]
    public async Task SettingBackIsNoticedByAClientThatSawMore()
    {
        await using var repository = await SmallRepository.CreateAsync(_storage);
        await SmallRepository.BackUpAsync(repository, 1);
        var known = await repository.Log.GetHeadAsync(default);
        await _storage.DeleteAsync("log/0000000002", default);
        using var key = SmallRepository.Key();
        var options = SmallRepository.Options with { KnownPosition = known };
        await ErrorAssert.ThrowsAsync(ErrorId.RepositoryRolledBack, () => BlockRepository.OpenAsync(_storage, key, options, default));
        await SmallRepository.BackUpAsync(repository, 5);
        await ErrorAssert.ThrowsAsync(ErrorId.RepositoryRolledBack, () => BlockRepository.OpenAsync(_storage, key, options, default));
    }

    private static X509Certificate2 MakeCertificate(RSA key) =>
        new CertificateRequest("CN=backup", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
}
