using System.Buffers.Binary;
using System.Security.Cryptography;
using TsBackup.Errors;
using TsBackup.Storage;

namespace TsBackup.Repository;

/// <summary>Objects of one repository: storage, id of the repository, and keys when there are any.</summary>
internal sealed class ObjectStore(IStorage storage, RepositoryId id, Keyring? keys, TimeProvider clock)
{
    public IStorage Storage { get; } = storage;

    public RepositoryId Id { get; } = id;

    public Keyring? Keys { get; set; } = keys;

    public TimeProvider Clock { get; } = clock;

    /// <summary>Reads an object whole and checks all that needs no key.</summary>
    /// <exception cref="TsBackupException">ObjectNotFound, or the damaged error of its kind.</exception>
    public async Task<ObjectFrame> ReadAsync(ObjectKind kind, string name, CancellationToken ct)
    {
        var frame = await ReadFrameAsync(Storage, kind, name, ct).ConfigureAwait(false);
        return frame.Repository == Id
            ? frame
            : throw RepositoryErrors.Damaged(kind, name, "it belongs to another repository");
    }

    public static async Task<ObjectFrame> ReadFrameAsync(IStorage storage, ObjectKind kind, string name, CancellationToken ct)
    {
        var length = await storage.GetLengthAsync(name, ct).ConfigureAwait(false);
        if (length > ObjectFrame.MaxSize)
            throw RepositoryErrors.Damaged(kind, name, $"it has {length} bytes");
        var bytes = new byte[length];
        if (await storage.ReadAsync(name, 0, bytes, ct).ConfigureAwait(false) != length)
            throw RepositoryErrors.Damaged(kind, name, "it is cut");
        return ObjectFrame.Decode(kind, name, bytes);
    }

    /// <summary>Opens the sealed part of an object with the writer secret of its epoch.</summary>
    /// <exception cref="TsBackupException">The damaged error of its kind; PassphraseMissing without keys.</exception>
    public byte[] Open(ObjectFrame frame)
    {
        var epoch = EpochFor(frame.Kind, frame.Name, frame.Epoch);
        try
        {
            return frame.Open(epoch.WriterSecret);
        }
        catch (CryptographicException failure)
        {
            throw RepositoryErrors.Damaged(frame.Kind, frame.Name, "it was not sealed with the key of this repository", failure);
        }
    }

    /// <summary>Seals and stores an object.</summary>
    /// <returns>The whole object.</returns>
    public async Task<ObjectFrame> PutAsync(
        ObjectKind kind, string name, ReadOnlyMemory<byte> publicPart, ReadOnlyMemory<byte> secretPart, CancellationToken ct)
    {
        var epoch = RequireKeys("Writing").Current;
        var bytes = ObjectFrame.Encode(kind, name, Id, epoch.Number, publicPart.Span, secretPart.Span, epoch.WriterSecret);
        await Storage.PutAsync(name, bytes, ct).ConfigureAwait(false);
        return ObjectFrame.Decode(kind, name, bytes);
    }

    public Keyring RequireKeys(string what) => Keys ?? throw RepositoryErrors.NoKey(what);

    /// <summary>The epoch that a pack says it belongs to.</summary>
    /// <exception cref="FormatException">The header is not that of a pack of this repository.</exception>
    public KeyEpoch EpochOfPack(string name, ReadOnlySpan<byte> header)
    {
        ObjectFrame.CheckHeader(header, ObjectKind.Pack);
        if (RepositoryId.Read(header.Slice(8, RepositoryId.Size)) != Id)
            throw new FormatException("it belongs to another repository");
        return EpochFor(ObjectKind.Pack, name, BinaryPrimitives.ReadUInt32LittleEndian(header[24..]));
    }

    /// <summary>Reads of which epoch a pack is.</summary>
    /// <exception cref="TsBackupException">PackDamaged, ObjectNotFound.</exception>
    public async Task<uint> ReadPackEpochAsync(string name, CancellationToken ct)
    {
        var header = new byte[ObjectFrame.HeaderSize];
        try
        {
            return await Storage.ReadAsync(name, 0, header, ct).ConfigureAwait(false) == header.Length
                ? EpochOfPack(name, header).Number
                : throw new FormatException("it is cut");
        }
        catch (FormatException failure)
        {
            throw RepositoryErrors.Damaged(ObjectKind.Pack, name, failure.Message, failure);
        }
    }

    /// <summary>Names with a prefix, in ordinal order.</summary>
    public async Task<List<string>> ListNamesAsync(string prefix, CancellationToken ct)
    {
        List<string> names = [];
        await foreach (var found in Storage.ListAsync(prefix, ct).ConfigureAwait(false))
            names.Add(found.Name);
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>Reads an object that others may delete meanwhile; null when it is gone.</summary>
    public async Task<ObjectFrame?> TryReadAsync(ObjectKind kind, string name, CancellationToken ct)
    {
        try
        {
            return await ReadAsync(kind, name, ct).ConfigureAwait(false);
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectNotFound)
        {
            return null;
        }
    }

    public async Task<bool> ExistsAsync(string name, CancellationToken ct)
    {
        try
        {
            await Storage.GetLengthAsync(name, ct).ConfigureAwait(false);
            return true;
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectNotFound)
        {
            return false;
        }
    }

    private KeyEpoch EpochFor(ObjectKind kind, string name, uint epoch)
    {
        var keys = RequireKeys("Opening a sealed object");
        if (epoch <= keys.Current.Number)
        {
            return keys.Find(epoch)
                ?? throw RepositoryErrors.Damaged(kind, name, $"it is of epoch {epoch}, of which the key given knows nothing");
        }
        throw new TsBackupException(
            ErrorId.KeyDamaged,
            $"The object '{name}' is of epoch {epoch}, which is newer than the keys that are open.",
            name,
            "The keys of the repository were changed: open it again. If that does not help, its newest grants were taken away.");
    }
}
