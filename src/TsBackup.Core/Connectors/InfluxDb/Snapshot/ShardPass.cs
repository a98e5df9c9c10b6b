using System.Collections.Concurrent;
using TsBackup.Connectors.InfluxDb.Tsm;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>The files of one group that are being made. Batches may be taken by several threads; the rest takes turns.</summary>
internal sealed class ShardPass(Func<ulong, byte[], long, bool> isSeed) : IDisposable
{
    private readonly Dictionary<(string Policy, ulong Shard), ShardFile> _files = [];
    private readonly Dictionary<(string Policy, ulong Shard), List<UploadFile>> _uploads = [];
    private readonly ConcurrentBag<BlockArena> _arenas = [];
    private readonly List<SpooledFile> _spooled = [];
    private readonly Lock _lock = new();

    /// <summary>Rows taken and not yet handed out.</summary>
    public long Rows { get; private set; }

    /// <summary>Memory it takes, about.</summary>
    public long Cost { get; private set; }

    /// <summary>Bytes in temporary files.</summary>
    public long Spooled { get; private set; }

    /// <summary>True when a key has about as many blocks as a file can hold.</summary>
    public bool IsLong { get; private set; }

    /// <summary>Encodes a batch and disposes it.</summary>
    public void Take(PlacedBatch placed, CancellationToken cancellation)
    {
        using var batch = placed.Batch;
        var arena = new BlockArena();
        _arenas.Add(arena);
        var keys = new PlacedBatchEncoder(placed, arena).Run(cancellation);
        lock (_lock)
        {
            Rows += batch.RowCount;
            foreach (var shard in keys.GroupBy(key => key.Shard))
            {
                if (!_files.TryGetValue((placed.Policy, shard.Key), out var file))
                    _files.Add((placed.Policy, shard.Key), file = new ShardFile());
                Cost -= file.Cost;
                foreach (var key in shard)
                    file.Add(key.Key, key.Type, key.Blocks);
                Cost += file.Cost;
                IsLong |= file.IsLong;
            }
        }
    }

    /// <summary>Writes what is in memory to temporary files.</summary>
    public void Spill(CancellationToken cancellation)
    {
        foreach (var (place, file) in _files)
        {
            var spooled = SpooledFile.Of(file, cancellation);
            _spooled.Add(spooled);
            UploadsOf(place).Add(new UploadFile(file.Size, spooled.WriteTo, SampleOf(place.Shard, file)));
            Spooled += file.Size;
        }
        FreeMemory();
    }

    /// <summary>The files of each shard; valid until <see cref="Clear"/>.</summary>
    public IReadOnlyDictionary<(string Policy, ulong Shard), List<UploadFile>> Finish()
    {
        foreach (var (place, file) in _files)
            UploadsOf(place).Add(new UploadFile(file.Size, file.WriteTo, SampleOf(place.Shard, file)));
        return _uploads;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        FreeMemory();
        _uploads.Clear();
        _spooled.ForEach(file => file.Dispose());
        _spooled.Clear();
        Spooled = 0;
        Rows = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    private List<UploadFile> UploadsOf((string Policy, ulong Shard) place) =>
        _uploads.TryGetValue(place, out var files) ? files : _uploads[place] = [];

    private (byte[] Key, long Time)? SampleOf(ulong shard, ShardFile file)
    {
        foreach (var (key, time) in file.Samples)
        {
            if (!isSeed(shard, key, time))
                return (key, time);
        }
        return null;
    }

    private void FreeMemory()
    {
        _files.Clear();
        while (_arenas.TryTake(out var arena))
            arena.Dispose();
        Cost = 0;
        IsLong = false;
    }
}
