using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using TsBackup.Storage;

namespace TsBackup.Repository;

/// <summary>The list of blocks at the end of a pack, from which an index can be made again.</summary>
internal static class PackDirectory
{
    public static void Seal(byte[] secret, string name, ReadOnlySpan<byte> header, ReadOnlySpan<byte> plain, Span<byte> target)
    {
        using var cipher = CipherFor(secret, name);
        var nonce = target[..PackLayout.NonceSize];
        RandomNumberGenerator.Fill(nonce);
        cipher.Encrypt(nonce, plain, target[PackLayout.NonceSize..^PackLayout.TagSize], target[^PackLayout.TagSize..], header);
    }

    /// <summary>Reads the directory of a pack of known length.</summary>
    /// <exception cref="Errors.TsBackupException">PackDamaged; KeyDamaged when its epoch is not in the keyring.</exception>
    public static async Task<PackEntry[]> ReadAsync(ObjectStore store, string name, long length, CancellationToken ct)
    {
        try
        {
            if (length < PackLayout.MinSize)
                throw new FormatException("it is cut");
            var header = await ReadPartAsync(store.Storage, name, 0, PackLayout.HeaderSize, ct).ConfigureAwait(false);
            var footer = await ReadPartAsync(store.Storage, name, length - PackLayout.FooterSize, 4, ct).ConfigureAwait(false);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(footer);
            var room = length - PackLayout.HeaderSize - PackLayout.FooterSize;
            if (size > room || size < PackLayout.DirectorySize(0) || (size - PackLayout.DirectorySize(0)) % PackLayout.EntrySize != 0)
                throw new FormatException("its directory has an impossible size");
            var epoch = store.EpochOfPack(name, header);
            var part = await ReadPartAsync(store.Storage, name, length - PackLayout.FooterSize - size, (int)size, ct).ConfigureAwait(false);
            return Decode(Open(epoch.WriterSecret, name, header, part), room - size);
        }
        catch (Exception failure) when (failure is FormatException or CryptographicException)
        {
            var fact = failure is FormatException ? failure.Message : "its directory does not open with the key of the repository";
            throw RepositoryErrors.Damaged(ObjectKind.Pack, name, fact, failure);
        }
    }

    private static PackEntry[] Decode(byte[] plain, long blockBytes)
    {
        var entries = new PackEntry[plain.Length / PackLayout.EntrySize];
        long total = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = PackLayout.ReadEntry(plain.AsSpan(i * PackLayout.EntrySize, PackLayout.EntrySize));
            total += entries[i].Stored;
        }
        return total == blockBytes ? entries : throw new FormatException("its blocks do not add up");
    }

    private static byte[] Open(byte[] secret, string name, byte[] header, byte[] part)
    {
        var plain = new byte[part.Length - PackLayout.NonceSize - PackLayout.TagSize];
        using var cipher = CipherFor(secret, name);
        cipher.Decrypt(
            part.AsSpan(0, PackLayout.NonceSize),
            part.AsSpan(PackLayout.NonceSize, plain.Length),
            part.AsSpan(PackLayout.NonceSize + plain.Length),
            plain,
            header);
        return plain;
    }

    private static async Task<byte[]> ReadPartAsync(IStorage storage, string name, long offset, int length, CancellationToken ct)
    {
        var bytes = new byte[length];
        return await storage.ReadAsync(name, offset, bytes, ct).ConfigureAwait(false) == length
            ? bytes
            : throw new FormatException("it is cut");
    }

    private static AesGcm CipherFor(byte[] secret, string name)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, Encoding.UTF8.GetBytes(name), "tsbackup 1 directory"u8);
        var cipher = new AesGcm(key, PackLayout.TagSize);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }
}
