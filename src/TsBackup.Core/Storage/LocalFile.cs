namespace TsBackup.Storage;

/// <summary>Writes a file so that it is there whole or not at all, and stays.</summary>
internal static class LocalFile
{
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var folder = Path.GetDirectoryName(path)!;
        var temporary = Path.Combine(folder, LocalStorage.TemporaryPrefix + Guid.NewGuid().ToString("N"));
        try
        {
            using (var file = Create(temporary))
            {
                await file.WriteAsync(content, ct).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }
            ct.ThrowIfCancellationRequested();

            ExclusiveRename.Move(temporary, path);
        }
        catch
        {
            DeleteQuietly(temporary);
            throw;
        }
        LocalFolder.Flush(folder);
    }

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The write's own failure is what the caller needs to see; a leftover temporary file is never read as an object.
            System.Diagnostics.Debug.WriteLine(failure);
        }
    }
}
