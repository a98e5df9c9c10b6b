using Microsoft.Win32.SafeHandles;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>
/// The files of a shard as the server sent them, in memory or in temporary files that vanish when closed: a TSM file can only be read
/// from its end.
/// </summary>
internal sealed class SpooledShard(SpoolBudget budget) : IDisposable
{
    private const int Chunk = 256 << 10;

    private readonly Dictionary<string, TsmSource> _files = new(StringComparer.Ordinal);
    private readonly List<SafeFileHandle> _handles = [];
    private long _taken;

    /// <summary>The files to be read.</summary>
    public ShardFiles Files => ShardFiles.From(_files.Keys, [], name => _files[name]);

    /// <summary>Takes in the current entry of a stream; false when the stream ends within it.</summary>
    public async Task<bool> AddAsync(TarEntry entry, TarStreamReader tar, CancellationToken cancellation)
    {
        if (entry.Size <= Array.MaxLength && budget.TryTake(entry.Size))
        {
            _taken += entry.Size;
            var bytes = GC.AllocateUninitializedArray<byte>((int)entry.Size);
            for (var at = 0; at < bytes.Length;)
            {
                var count = await tar.ReadAsync(bytes.AsMemory(at), cancellation).ConfigureAwait(false);
                if (count < 0)
                    return false;
                at += count;
            }
            _files[entry.Name] = TsmSource.FromMemory(entry.Name, bytes);
            return true;
        }
        return await SpoolAsync(entry, tar, cancellation).ConfigureAwait(false);
    }

    public void Dispose()
    {
        budget.GiveBack(_taken);
        _taken = 0;
        _files.Clear();
        foreach (var handle in _handles)
            handle.Dispose();
        _handles.Clear();
    }

    private async Task<bool> SpoolAsync(TarEntry entry, TarStreamReader tar, CancellationToken cancellation)
    {
        var path = Path.Combine(Path.GetTempPath(), $"tsbackup-{Guid.NewGuid():N}.tmp");
        var buffer = new byte[Chunk];
        try
        {
            var handle = File.OpenHandle(
                path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose, preallocationSize: entry.Size);
            _handles.Add(handle);
            for (var at = 0L; at < entry.Size;)
            {
                var count = await tar.ReadAsync(buffer, cancellation).ConfigureAwait(false);
                if (count < 0)
                    return false;
                RandomAccess.Write(handle, buffer.AsSpan(0, count), at);
                at += count;
            }
            _files[entry.Name] = TsmSource.FromHandle(entry.Name, handle, owns: false);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TsBackupException(
                ErrorId.StorageWriteFailed,
                $"The temporary file '{path}' of {entry.Size} bytes cannot be written: {error.Message}",
                path,
                "Free space in the folder for temporary files, or name another one in TMPDIR; or read over HTTP with ?snapshot=off.",
                error);
        }
    }
}
