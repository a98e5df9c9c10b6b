using Microsoft.Win32.SafeHandles;
using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>Bytes of a file that can be read anywhere: a file on disk, or one held in memory. Disposing closes it.</summary>
internal sealed class TsmSource : IDisposable
{
    private readonly SafeFileHandle? _handle;
    private readonly ReadOnlyMemory<byte> _memory;

    private readonly bool _owns;

    private TsmSource(string name, SafeFileHandle? handle, ReadOnlyMemory<byte> memory, long length, bool owns)
    {
        _owns = owns;
        Name = name;
        _handle = handle;
        _memory = memory;
        Length = length;
    }

    /// <summary>Name for messages.</summary>
    public string Name { get; }

    /// <summary>Length in bytes; what is appended to the file later does not count.</summary>
    public long Length { get; }

    /// <summary>True when <see cref="Memory"/> is the whole file.</summary>
    public bool IsMemory => _handle is null;

    /// <summary>The whole file when it is in memory.</summary>
    public ReadOnlySpan<byte> Memory => _memory.Span;

    /// <summary>A file in memory.</summary>
    public static TsmSource FromMemory(string name, ReadOnlyMemory<byte> memory) => new(name, null, memory, memory.Length, owns: false);

    /// <summary>A file that is open already.</summary>
    /// <param name="name">Name for messages.</param>
    /// <param name="handle">The open file.</param>
    /// <param name="owns">True when it is closed with this.</param>
    public static TsmSource FromHandle(string name, SafeFileHandle handle, bool owns) =>
        new(name, handle, default, RandomAccess.GetLength(handle), owns);

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="TsBackupException">StorageReadFailed, StorageAccessDenied, FileNotFound.</exception>
    public static TsmSource Open(string path)
    {
        try
        {
            return FromHandle(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), owns: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Reading(path, error);
        }
    }

    /// <summary>Reads just as many bytes as the target holds.</summary>
    public void Read(long offset, Span<byte> target)
    {
        if (_handle is null)
        {
            if (offset < 0 || offset > _memory.Length - target.Length)
                throw FileErrors.Damaged(Name, offset, "the file ends early");
            _memory.Span.Slice((int)offset, target.Length).CopyTo(target);
            return;
        }
        while (!target.IsEmpty)
        {
            int count;
            try
            {
                count = RandomAccess.Read(_handle, target, offset);
            }
            catch (IOException error)
            {
                throw FileErrors.Reading(Name, error);
            }
            if (count == 0)
                throw FileErrors.Damaged(Name, offset, "the file ends early");
            offset += count;
            target = target[count..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_owns)
            _handle?.Dispose();
    }
}
