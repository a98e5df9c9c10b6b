using System.Security.Cryptography;

namespace TsBackup.Model;

/// <summary>
/// Adds up the SHA-256 of tuples. A sum has no order, so short tuples wait until there are as many of one length as
/// <see cref="Sha256Lanes"/> hashes at once. Not thread-safe.
/// </summary>
internal sealed class TupleHashes : IDisposable
{
    // What is longer gains little: the platform's own call is then short beside the hashing.
    private const int MostBlocks = 8;

    private readonly Lane[] _lanes = new Lane[MostBlocks + 1];
    private readonly byte[] _hashes = new byte[Sha256Lanes.Lanes * Sha256Lanes.HashSize];

    // One context for all long tuples: making one costs more than hashing a short series.
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private SliceDigest _sum;

    /// <summary>Adds a tuple.</summary>
    public void Add(ReadOnlySpan<byte> tuple)
    {
        var blocks = Sha256Lanes.BlocksOf(tuple.Length);
        if (blocks > MostBlocks || !Sha256Lanes.IsSupported)
        {
            AddAlone(tuple);
            return;
        }
        ref var lane = ref _lanes[blocks];
        var size = blocks * Sha256Lanes.BlockSize;
        lane.Messages ??= new byte[Sha256Lanes.Lanes * size];
        Sha256Lanes.Pad(tuple, lane.Messages.AsSpan(lane.Count * size, size));
        if (++lane.Count == Sha256Lanes.Lanes)
            Flush(ref lane, blocks);
    }

    /// <summary>The sum; the next one starts at zero.</summary>
    public SliceDigest Finish()
    {
        for (var blocks = 1; blocks <= MostBlocks; blocks++)
        {
            if (_lanes[blocks].Count > 0)
                Flush(ref _lanes[blocks], blocks);
        }
        var sum = _sum;
        _sum = default;
        return sum;
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private void AddAlone(ReadOnlySpan<byte> tuple)
    {
        Span<byte> hash = stackalloc byte[Sha256Lanes.HashSize];
        _hash.AppendData(tuple);
        _hash.GetHashAndReset(hash);
        _sum += SliceDigest.FromBytes(hash);
    }

    private void Flush(ref Lane lane, int blocks)
    {
        // Lanes that are not taken hold an older message or zeros, and their hashes are left out.
        Sha256Lanes.Hash(lane.Messages, blocks, _hashes);
        for (var i = 0; i < lane.Count; i++)
            _sum += SliceDigest.FromBytes(_hashes.AsSpan(i * Sha256Lanes.HashSize));
        lane.Count = 0;
    }

    private struct Lane
    {
        public byte[]? Messages;
        public int Count;
    }
}
