using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TsBackup.Repository;

/// <summary>
/// A pack in the making. Room is reserved one caller at a time, sealing into it happens side by side; when it is closed and the last
/// sealing is done, <see cref="FinishAsync"/> gives the bytes of the whole object.
/// </summary>
internal sealed class PackBuilder
{
    private readonly List<PackEntry> _entries = [];
    private readonly TaskCompletionSource _allSealed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(PackLayout.KeySize);
    private readonly KeyEpoch _epoch;
    private readonly byte[] _buffer;
    private int _pending = 1;
    private int _used = PackLayout.HeaderSize;

    public PackBuilder(RepositoryId repository, KeyEpoch epoch, byte[] buffer)
    {
        _epoch = epoch;
        _buffer = buffer;
        Id = PackId.New();
        Name = ObjectNames.Pack(Id);
        ObjectFrame.WriteHeader(buffer, ObjectKind.Pack, repository, epoch.Number);
        KeyPair.Wrap(epoch.ReadPublic, _key, PackLayout.WrapContext(repository, Name)).CopyTo(buffer, ObjectFrame.HeaderSize);
    }

    public PackId Id { get; }

    public string Name { get; }

    public byte[] Buffer => _buffer;

    public IReadOnlyList<PackEntry> Entries => _entries;

    /// <summary>Bytes of a pack that holds nothing but one block.</summary>
    public static int SizeFor(int plainLength) =>
        PackLayout.HeaderSize + plainLength + PackLayout.TagSize + PackLayout.DirectorySize(1) + PackLayout.FooterSize;

    /// <summary>Takes room for a block; false when the pack is full. Not thread-safe.</summary>
    public bool TryReserve(BlockId id, int plainLength, out int offset)
    {
        offset = _used;
        var stored = plainLength + PackLayout.TagSize;
        var whole = (long)_used + stored + PackLayout.DirectorySize(_entries.Count + 1) + PackLayout.FooterSize;
        if (whole > _buffer.Length)
            return false;
        _used += stored;
        _entries.Add(new PackEntry(id, (uint)stored));
        Interlocked.Increment(ref _pending);
        return true;
    }

    /// <summary>Seals a block into the room reserved for it. Thread-safe.</summary>
    public void Seal(BlockId id, int offset, ReadOnlySpan<byte> plain)
    {
        Span<byte> nonce = stackalloc byte[PackLayout.NonceSize];
        PackLayout.WriteNonce(nonce, offset);
        Span<byte> bound = stackalloc byte[BlockId.Size];
        id.CopyTo(bound);
        using var cipher = new AesGcm(_key, PackLayout.TagSize);
        var target = _buffer.AsSpan(offset, plain.Length + PackLayout.TagSize);
        cipher.Encrypt(nonce, plain, target[..plain.Length], target[plain.Length..], bound);
        Release();
    }

    /// <summary>Says that no more room will be reserved.</summary>
    public void Close() => Release();

    /// <summary>Waits for the last block, then adds directory and checksum.</summary>
    public async Task<ReadOnlyMemory<byte>> FinishAsync(CancellationToken ct)
    {
        await _allSealed.Task.WaitAsync(ct).ConfigureAwait(false);
        WriteDirectory();
        CryptographicOperations.ZeroMemory(_key);
        var bytes = _buffer.AsMemory(0, _used + PackLayout.FooterSize);
        ObjectFrame.WriteChecksum(Name, bytes.Span);
        _used += PackLayout.FooterSize;
        return bytes;
    }

    private void WriteDirectory()
    {
        var plain = new byte[_entries.Count * PackLayout.EntrySize];
        for (var i = 0; i < _entries.Count; i++)
            PackLayout.WriteEntry(plain.AsSpan(i * PackLayout.EntrySize), _entries[i].Id, _entries[i].Stored);
        var size = PackLayout.DirectorySize(_entries.Count);
        PackDirectory.Seal(_epoch.WriterSecret, Name, _buffer.AsSpan(0, PackLayout.HeaderSize), plain, _buffer.AsSpan(_used, size));
        _used += size;
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_used), size);
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _pending) == 0)
            _allSealed.SetResult();
    }
}
