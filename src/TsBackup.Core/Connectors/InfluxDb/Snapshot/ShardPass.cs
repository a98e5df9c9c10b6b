using TsBackup.Connectors.InfluxDb.Tsm;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>The files of one group that are being made. Batches may be taken by several threads; the rest takes turns.</summary>
internal sealed class ShardPass : IDisposable
{
    private readonly Dictionary<WindowShard, ShardFile> _files = [];
    private readonly Dictionary<WindowShard, List<UploadFile>> _uploads = [];
    private readonly List<BlockArena> _arenas = [];
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
        List<EncodedKey> keys;
        try
        {
            keys = new PlacedBatchEncoder(placed, arena).Run(cancellation);
        }
        catch
        {
            arena.Dispose();
            throw;
        }
        lock (_lock)
        {
            Rows += batch.RowCount;
            _arenas.Add(arena);
            ShardFile? file = null;
            WindowShard? window = null;
            foreach (var key in keys)
            {
                if (window != key.Window)
                    file = FileOf(window = key.Window);
                Cost -= file!.Cost;
                file.Add(key.Key, key.Type, key.Blocks);
                Cost += file.Cost;
                IsLong |= file.IsLong;
            }
        }
    }

    /// <summary>Writes what is in memory to temporary files.</summary>
    public void Spill(CancellationToken cancellation)
    {
        foreach (var (window, file) in _files)
        {
            var spooled = SpooledFile.Of(file, cancellation);
            _spooled.Add(spooled);
            UploadsOf(window).Add(new UploadFile(file.Size, spooled.WriteTo, SampleOf(window, file)));
            Spooled += file.Size;
        }
        FreeMemory();
    }

    /// <summary>The files of each shard; valid until <see cref="Clear"/>.</summary>
    public IReadOnlyDictionary<WindowShard, List<UploadFile>> Finish()
    {
        foreach (var (window, file) in _files)
            UploadsOf(window).Add(new UploadFile(file.Size, file.WriteTo, SampleOf(window, file)));
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

    private ShardFile FileOf(WindowShard window) => _files.TryGetValue(window, out var file) ? file : _files[window] = new ShardFile();

    private List<UploadFile> UploadsOf(WindowShard window) => _uploads.TryGetValue(window, out var files) ? files : _uploads[window] = [];

    private static UploadSample? SampleOf(WindowShard window, ShardFile file) =>
        file.Samples.FirstOrDefault(sample => !window.IsSeed(sample.Key, sample.Time));

    private void FreeMemory()
    {
        _files.Clear();
        _arenas.ForEach(arena => arena.Dispose());
        _arenas.Clear();
        Cost = 0;
        IsLong = false;
    }
}
