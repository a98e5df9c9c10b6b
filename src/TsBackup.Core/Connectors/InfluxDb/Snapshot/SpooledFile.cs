using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>A file that waits for its upload in the folder for temporary files and vanishes when closed.</summary>
internal sealed class SpooledFile : IDisposable
{
    private const int BufferSize = 256 << 10;
    private readonly FileStream _file;

    private SpooledFile(FileStream file) => _file = file;

    /// <summary>Writes a file of a shard.</summary>
    /// <exception cref="TsBackupException">StorageWriteFailed.</exception>
    public static SpooledFile Of(ShardFile file, CancellationToken cancellation)
    {
        var path = Path.Combine(Path.GetTempPath(), $"tsbackup-{Guid.NewGuid():N}.tmp");
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, BufferSize, FileOptions.DeleteOnClose);
            file.WriteTo(stream, cancellation);
            stream.Flush();
            return new SpooledFile(stream);
        }
        catch (Exception error)
        {
            stream?.Dispose();
            if (error is not (IOException or UnauthorizedAccessException))
                throw;
            throw new TsBackupException(
                ErrorId.StorageWriteFailed,
                $"The temporary file '{path}' of {file.Size} bytes cannot be written: {error.Message}",
                path,
                "Free space in the folder for temporary files, or name another one in TMPDIR; or restore by line protocol with ?restore=lines.",
                error);
        }
    }

    /// <summary>Copies it.</summary>
    public void WriteTo(Stream output, CancellationToken cancellation)
    {
        var buffer = new byte[BufferSize];
        for (var at = 0L; at < _file.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Read(buffer, at);
            output.Write(buffer, 0, count);
            at += count;
        }
    }

    private int Read(byte[] buffer, long at)
    {
        try
        {
            var count = RandomAccess.Read(_file.SafeFileHandle, buffer, at);
            return count > 0 ? count : throw new EndOfStreamException("It is shorter than it was.");
        }
        catch (IOException error)
        {
            throw new TsBackupException(
                ErrorId.StorageReadFailed, $"The temporary file '{_file.Name}' cannot be read: {error.Message}", _file.Name, inner: error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
