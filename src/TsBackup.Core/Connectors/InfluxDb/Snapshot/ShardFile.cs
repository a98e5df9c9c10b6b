using System.Runtime.InteropServices;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Connectors.LineProtocol;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>Encoded blocks of one shard by key, to be written as one TSM file. Not thread-safe.</summary>
internal sealed class ShardFile
{
    private const int KeyCost = 250;
    private const int BlockCost = 60;
    private readonly Dictionary<byte[], ShardKey> _keys = new(BytesComparer.Instance);
    private long _keyBytes;
    private long _blocks;
    private long _blockBytes;

    /// <summary>Number of keys.</summary>
    public int Count => _keys.Count;

    /// <summary>Memory it takes, about.</summary>
    public long Cost => _blockBytes + _keyBytes + (_keys.Count * (long)KeyCost) + (_blocks * BlockCost);

    /// <summary>True when a key has about as many blocks as an index can say.</summary>
    public bool IsLong { get; private set; }

    /// <summary>Bytes of the file.</summary>
    public long Size => _blockBytes + TsmFileWriter.OverheadOf(_keys.Count, _keyBytes, _blocks);

    /// <summary>Adds blocks of a key, which follow each other in time.</summary>
    public void Add(byte[] key, TsmType type, IReadOnlyList<TsmBlock> blocks)
    {
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_keys, key, out var exists);
        if (!exists)
        {
            slot = new ShardKey(key, type, []);
            _keyBytes += key.Length;
        }
        foreach (var block in blocks)
        {
            slot!.Blocks.Add(block);
            _blockBytes += block.Bytes.Length;
        }
        _blocks += blocks.Count;
        IsLong |= slot!.Blocks.Count > TsmFileWriter.MaxBlocksPerKey / 2;
    }

    /// <summary>Key and time of the last value of each block, in no order.</summary>
    public IEnumerable<UploadSample> Samples
    {
        get
        {
            foreach (var key in _keys.Values)
            {
                foreach (var block in key.Blocks)
                    yield return new UploadSample(key.Key, block.Last);
            }
        }
    }

    /// <summary>Writes the file; the stream stays open.</summary>
    public void WriteTo(Stream output, CancellationToken cancellation)
    {
        var keys = _keys.Values.ToArray();
        Array.Sort(keys, static (a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));
        var writer = new TsmFileWriter(output);
        foreach (var (key, type, blocks) in keys)
        {
            cancellation.ThrowIfCancellationRequested();
            writer.StartKey(key, type);
            blocks.Sort(static (a, b) => a.First.CompareTo(b.First));
            blocks.ForEach(writer.WriteBlock);
        }
        writer.Finish();
    }

    private sealed record ShardKey(byte[] Key, TsmType Type, List<TsmBlock> Blocks);
}
