using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using TsBackup.Errors;

namespace TsBackup.Storage;

/// <summary>
/// Keeps objects as files below a folder. A file is written under a temporary name, flushed to the device, and gets its name in a
/// step that fails when the name is taken; then its folder is flushed. Folders and files are for their owner only. A name whose path
/// leads through a symbolic link is refused, so that nothing is read or written outside.
/// </summary>
public sealed class LocalStorage : IStorage
{
    internal const string TemporaryPrefix = ".tmp-";

    private readonly string _root;

    /// <summary>Makes the storage; the folder is created by the first <see cref="PutAsync"/>.</summary>
    /// <param name="path">Path of the folder.</param>
    public LocalStorage(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
    }

    /// <inheritdoc/>
    public string Location => _root;

    /// <summary>
    /// Refuses a folder that holds things of others, among which nobody would look for a repository. Hidden ones, and what a file system
    /// keeps at its root, do not count.
    /// </summary>
    /// <param name="own">Names that may be there.</param>
    /// <exception cref="TsBackupException">ArgumentInvalid.</exception>
    internal void RequireFree(IReadOnlyList<string> own)
    {
        if (!Directory.Exists(_root))
            return;
        try
        {
            var other = Directory.EnumerateFileSystemEntries(_root).Select(Path.GetFileName)
                .FirstOrDefault(name => !name!.StartsWith('.') && name != "lost+found" && !own.Contains(name));
            if (other is null)
                return;
            throw new TsBackupException(
                ErrorId.ArgumentInvalid,
                $"The folder {_root} holds other things, such as '{other}'.",
                _root,
                "Choose a folder that is empty or not there yet.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.OfWrite(failure, own[0], Location);
        }
    }

    /// <inheritdoc/>
    public async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var path = PathOf(name);
        ct.ThrowIfCancellationRequested();
        try
        {
            LocalFolder.Create(_root, Path.GetDirectoryName(path)!);
            RefuseLinks(name, path);
            await LocalFile.WriteAsync(path, content, ct).ConfigureAwait(false);
        }
        catch (IOException failure) when (IsTaken(failure, path))
        {
            throw StorageErrors.Exists(name, Location, failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.OfWrite(failure, name, Location);
        }
    }

    /// <inheritdoc/>
    public async Task<int> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var path = PathOf(name);
        try
        {
            using var file = OpenToRead(name, path);
            var total = 0;
            while (total < destination.Length)
            {
                var read = await RandomAccess.ReadAsync(file, destination[total..], offset + total, ct).ConfigureAwait(false);
                if (read == 0)
                    break;
                total += read;
            }
            return total;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw StorageErrors.NotFound(name, Location, failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.OfRead(failure, name, Location);
        }
    }

    /// <inheritdoc/>
    public Task<long> GetLengthAsync(string name, CancellationToken ct)
    {
        var path = PathOf(name);
        ct.ThrowIfCancellationRequested();
        try
        {
            RefuseLinks(name, path);
            var file = new FileInfo(path);
            return file.Exists ? Task.FromResult(file.Length) : throw StorageErrors.NotFound(name, Location);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.OfRead(failure, name, Location);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StorageObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        ObjectName.CheckPrefix(prefix);
        var folder = Path.Combine(_root, prefix.Replace('/', Path.DirectorySeparatorChar));
        await Task.CompletedTask.ConfigureAwait(false);
        using var files = Listed(() => LocalFolder.Files(folder).GetEnumerator(), prefix);
        while (Listed(files.MoveNext, prefix))
        {
            ct.ThrowIfCancellationRequested();
            var file = files.Current;
            var name = Path.GetRelativePath(_root, file.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (ObjectName.IsValid(name) && Listed(() => Describe(name, file), prefix) is { } found)
                yield return found;
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken ct)
    {
        var path = PathOf(name);
        ct.ThrowIfCancellationRequested();
        try
        {
            RefuseLinks(name, path);
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // No folder, no object: what was asked for is so already.
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.OfWrite(failure, name, Location);
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<int> DeleteLeftoversAsync(DateTimeOffset before, CancellationToken ct)
    {
        var deleted = 0;
        try
        {
            foreach (var file in LocalFolder.Files(_root))
            {
                ct.ThrowIfCancellationRequested();
                if (!file.Name.StartsWith(TemporaryPrefix, StringComparison.Ordinal) || file.LastWriteTimeUtc >= before.UtcDateTime)
                    continue;
                file.Delete();
                deleted++;
            }
            return Task.FromResult(deleted);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.OfWrite(failure, TemporaryPrefix, Location);
        }
    }

    /// <inheritdoc/>
    public Task<StorageSpace?> GetSpaceAsync(CancellationToken ct)
    {
        try
        {
            var existing = _root;
            while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
                existing = parent;
            var drive = new DriveInfo(existing);
            return Task.FromResult<StorageSpace?>(new StorageSpace(drive.AvailableFreeSpace, drive.TotalSize));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Task.FromResult<StorageSpace?>(null);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static bool IsTaken(IOException failure, string path) =>
        failure is not (FileNotFoundException or DirectoryNotFoundException) && File.Exists(path);

    private static StorageObject? Describe(string name, FileInfo file)
    {
        try
        {
            return new StorageObject(name, file.Length, new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero));
        }
        catch (FileNotFoundException)
        {
            // Deleted since the folder was read.
            return null;
        }
    }

    private SafeFileHandle OpenToRead(string name, string path)
    {
        RefuseLinks(name, path);
        return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.None);
    }

    private T Listed<T>(Func<T> step, string prefix)
    {
        try
        {
            return step();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.OfRead(failure, prefix, Location);
        }
    }

    private string PathOf(string name)
    {
        ObjectName.Check(name);
        return Path.Combine(_root, name.Replace('/', Path.DirectorySeparatorChar));
    }

    private void RefuseLinks(string name, string path)
    {
        for (var at = path; at is not null && at.Length > _root.Length; at = Path.GetDirectoryName(at))
        {
            if (new FileInfo(at).LinkTarget is null)
                continue;
            throw new Errors.TsBackupException(
                Errors.ErrorId.ObjectNameInvalid,
                $"The path of '{name}' in {Location} leads through a symbolic link.",
                name,
                "Replace the link by the folder or file that it stands for; only the repository's own folder may be a link.");
        }
    }
}
