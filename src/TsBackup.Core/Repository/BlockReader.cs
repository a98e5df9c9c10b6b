using System.Collections.Concurrent;
using System.Security.Cryptography;
using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>Reads blocks out of packs and proves that they are what their id says. Thread-safe.</summary>
internal sealed class BlockReader(ObjectStore store, BlockIndex index)
{
    private const int MaxCachedKeys = 65_536;

    private readonly ConcurrentDictionary<PackId, byte[]> _packKeys = new();

    /// <summary>Reads one block from one place.</summary>
    /// <exception cref="TsBackupException">BlockDamaged, PackDamaged; KeyCannotRead with a key that may only write.</exception>
    public async Task<PooledBytes> ReadAsync(BlockId id, BlockLocation location, CancellationToken ct)
    {
        var keys = store.RequireKeys("Reading a block");
        if (!keys.CanRead)
            throw RepositoryErrors.WriteOnly("Reading a block");
        var pack = index.Pack(location.Pack);
        if (location.Stored is < PackLayout.TagSize or > PackLayout.MaxBlock + PackLayout.TagSize)
            throw Damaged(id, pack.Name, "its length is impossible");
        try
        {
            var key = await KeyOfAsync(pack, keys, ct).ConfigureAwait(false);
            using var stored = new PooledBytes((int)location.Stored);
            if (await store.Storage.ReadAsync(pack.Name, location.Offset, stored.Memory, ct).ConfigureAwait(false) != stored.Length)
                throw RepositoryErrors.Damaged(ObjectKind.Pack, pack.Name, "it is cut");
            return Open(keys, key, id, location, stored, pack.Name);
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectNotFound)
        {
            throw RepositoryErrors.Damaged(ObjectKind.Pack, pack.Name, "it is missing", failure);
        }
    }

    private static PooledBytes Open(Keyring keys, byte[] key, BlockId id, BlockLocation location, PooledBytes stored, string pack)
    {
        Span<byte> nonce = stackalloc byte[PackLayout.NonceSize];
        PackLayout.WriteNonce(nonce, location.Offset);
        Span<byte> bound = stackalloc byte[BlockId.Size];
        id.CopyTo(bound);
        var plain = new PooledBytes(stored.Length - PackLayout.TagSize);
        try
        {
            using var cipher = new AesGcm(key, PackLayout.TagSize);
            cipher.Decrypt(nonce, stored.Span[..plain.Length], stored.Span[plain.Length..], plain.Span, bound);
            Span<byte> actual = stackalloc byte[BlockId.Size];
            HMACSHA256.HashData(keys.IdKey, plain.Span, actual);
            if (!CryptographicOperations.FixedTimeEquals(actual, bound))
                throw Damaged(id, pack, "its bytes are those of another block");
            return plain;
        }
        catch (Exception failure)
        {
            plain.Dispose();
            if (failure is CryptographicException)
                throw Damaged(id, pack, "its seal does not match", failure);
            throw;
        }
    }

    private async Task<byte[]> KeyOfAsync(PackRecord pack, Keyring keys, CancellationToken ct)
    {
        if (_packKeys.TryGetValue(pack.Id, out var known))
            return known;
        var header = new byte[PackLayout.HeaderSize];
        if (await store.Storage.ReadAsync(pack.Name, 0, header, ct).ConfigureAwait(false) != header.Length)
            throw RepositoryErrors.Damaged(ObjectKind.Pack, pack.Name, "it is cut");
        try
        {
            var epoch = store.EpochOfPack(pack.Name, header);
            var wrapped = header.AsSpan(ObjectFrame.HeaderSize);
            var key = KeyPair.Unwrap(
                epoch.ReadPrivate ?? throw RepositoryErrors.WriteOnly("Reading a block"),
                wrapped,
                PackLayout.WrapContext(store.Id, pack.Name));
            if (_packKeys.Count >= MaxCachedKeys)
                _packKeys.Clear();
            return _packKeys.GetOrAdd(pack.Id, key);
        }
        catch (Exception failure) when (failure is FormatException or CryptographicException)
        {
            var fact = failure is FormatException ? failure.Message : "its key does not open";
            throw RepositoryErrors.Damaged(ObjectKind.Pack, pack.Name, fact, failure);
        }
    }

    private static TsBackupException Damaged(BlockId id, string pack, string fact, Exception? inner = null) => new(
        ErrorId.BlockDamaged,
        $"The block '{id}' in '{pack}' is damaged: {fact}.",
        id.ToString(),
        "Repair the repository from a copy, or back up again: what is missing is then stored anew.",
        inner);
}
