using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace TsBackup.Repository;

/// <summary>
/// The frame around every object but packs: header, public part, sealed part, checksum over name and bytes (FORMAT.md section 4).
/// The checksum needs no key; the sealed part proves with a key that everything, the name included, is as it was written.
/// </summary>
internal sealed class ObjectFrame
{
    public const int HeaderSize = 28;
    public const int ChecksumSize = 32;
    public const byte Format = 1;

    /// <summary>Longest object of a kind other than pack that is read; larger ones are taken for damage.</summary>
    public const int MaxSize = 512 << 20;

    private const int NonceSize = 12;
    private const int TagSize = 16;
    private static readonly byte[] s_magic = "TSBK"u8.ToArray();

    private readonly byte[] _bytes;
    private readonly int _sealedAt;

    private ObjectFrame(string name, byte[] bytes, int sealedAt)
    {
        Name = name;
        _bytes = bytes;
        _sealedAt = sealedAt;
    }

    public string Name { get; }

    public ObjectKind Kind => (ObjectKind)_bytes[5];

    public RepositoryId Repository => RepositoryId.Read(_bytes.AsSpan(8, RepositoryId.Size));

    public uint Epoch => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(24));

    public ReadOnlySpan<byte> Public => _bytes.AsSpan(HeaderSize + 4, _sealedAt - HeaderSize - 4);

    public ReadOnlySpan<byte> Checksum => _bytes.AsSpan(_bytes.Length - ChecksumSize);

    public int Length => _bytes.Length;

    /// <summary>Writes the header that packs share.</summary>
    public static void WriteHeader(Span<byte> target, ObjectKind kind, RepositoryId repository, uint epoch)
    {
        s_magic.CopyTo(target);
        target[4] = Format;
        target[5] = (byte)kind;
        target[6] = 0;
        target[7] = 0;
        repository.Write(target[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(target[24..], epoch);
    }

    /// <summary>Checks the header that packs share.</summary>
    /// <exception cref="FormatException">It is not that of such an object.</exception>
    public static void CheckHeader(ReadOnlySpan<byte> bytes, ObjectKind kind)
    {
        if (!bytes[..4].SequenceEqual(s_magic))
            throw new FormatException("it does not begin like an object of a repository");
        if (bytes[4] != Format)
            throw new FormatException($"it is of format {bytes[4]}");
        if (bytes[5] != (byte)kind || bytes[6] != 0 || bytes[7] != 0)
            throw new FormatException("it is of another kind than its name says");
    }

    /// <summary>Makes the bytes of an object.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="name">Its name, which is bound in.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="epoch">Epoch of the secret; 0 without one.</param>
    /// <param name="publicPart">Readable without a key.</param>
    /// <param name="secretPart">Sealed.</param>
    /// <param name="secret">Secret of 32 bytes; null leaves the object without a sealed part.</param>
    public static byte[] Encode(
        ObjectKind kind,
        string name,
        RepositoryId repository,
        uint epoch,
        ReadOnlySpan<byte> publicPart,
        ReadOnlySpan<byte> secretPart,
        byte[]? secret)
    {
        var sealedSize = secret is null ? 0 : NonceSize + secretPart.Length + TagSize;
        var sealedAt = HeaderSize + 4 + publicPart.Length;
        var bytes = new byte[sealedAt + 4 + sealedSize + ChecksumSize];
        WriteHeader(bytes, kind, repository, epoch);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(HeaderSize), (uint)publicPart.Length);
        publicPart.CopyTo(bytes.AsSpan(HeaderSize + 4));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(sealedAt), (uint)sealedSize);
        if (secret is not null)
        {
            var nonce = bytes.AsSpan(sealedAt + 4, NonceSize);
            RandomNumberGenerator.Fill(nonce);
            var target = bytes.AsSpan(sealedAt + 4 + NonceSize);
            using var cipher = CipherFor(secret, name);
            cipher.Encrypt(
                nonce, secretPart, target[..secretPart.Length], target.Slice(secretPart.Length, TagSize), bytes.AsSpan(0, sealedAt + 4));
        }
        WriteChecksum(name, bytes);
        return bytes;
    }

    /// <summary>Takes an object apart and checks all that needs no key.</summary>
    /// <exception cref="Errors.TsBackupException">The damaged error of its kind.</exception>
    public static ObjectFrame Decode(ObjectKind kind, string name, byte[] bytes)
    {
        try
        {
            if (bytes.Length < HeaderSize + 8 + ChecksumSize)
                throw new FormatException("it is cut");
            if (!HasChecksum(name, bytes))
                throw new FormatException("its checksum does not match");
            CheckHeader(bytes, kind);
            var room = (uint)(bytes.Length - HeaderSize - 8 - ChecksumSize);
            var publicSize = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(HeaderSize));
            if (publicSize > room)
                throw new FormatException("its public part reaches beyond it");
            var sealedAt = HeaderSize + 4 + (int)publicSize;
            var sealedSize = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(sealedAt));
            if (sealedSize != room - publicSize || sealedSize is > 0 and < NonceSize + TagSize)
                throw new FormatException("its parts do not add up");
            return new ObjectFrame(name, bytes, sealedAt);
        }
        catch (FormatException failure)
        {
            throw RepositoryErrors.Damaged(kind, name, failure.Message, failure);
        }
    }

    /// <summary>Decrypts the sealed part.</summary>
    /// <exception cref="CryptographicException">The secret is another one, or something of the object was changed.</exception>
    public byte[] Open(byte[] secret)
    {
        var part = _bytes.AsSpan(_sealedAt + 4, _bytes.Length - _sealedAt - 4 - ChecksumSize);
        if (part.Length == 0)
            throw new CryptographicException("The object has no sealed part.");
        var plain = new byte[part.Length - NonceSize - TagSize];
        using var cipher = CipherFor(secret, Name);
        cipher.Decrypt(part[..NonceSize], part[NonceSize..^TagSize], part[^TagSize..], plain, _bytes.AsSpan(0, _sealedAt + 4));
        return plain;
    }

    /// <summary>Starts the checksum of an object: its name comes first.</summary>
    public static IncrementalHash StartChecksum(string name)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(name + '\0'));
        return hash;
    }

    /// <summary>Puts the checksum into the last bytes of an object.</summary>
    public static void WriteChecksum(string name, Span<byte> bytes)
    {
        using var hash = StartChecksum(name);
        hash.AppendData(bytes[..^ChecksumSize]);
        hash.GetHashAndReset(bytes[^ChecksumSize..]);
    }

    private static bool HasChecksum(string name, ReadOnlySpan<byte> bytes)
    {
        Span<byte> actual = stackalloc byte[ChecksumSize];
        using var hash = StartChecksum(name);
        hash.AppendData(bytes[..^ChecksumSize]);
        hash.GetHashAndReset(actual);
        return actual.SequenceEqual(bytes[^ChecksumSize..]);
    }

    private static AesGcm CipherFor(byte[] secret, string name)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, Encoding.UTF8.GetBytes(name), "tsbackup 1 object"u8);
        var cipher = new AesGcm(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }
}
