namespace TsBackup.Connectors.Files;

/// <summary>Writes small files so that at any moment the old or the new one is there.</summary>
internal static class FilePlacing
{
    /// <summary>Writes a file beside its place that only its owner may read, brings it to the disk and moves it there.</summary>
    public static void WritePrivate(string path, Action<FileStream> content)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var temporary = Path.Combine(Path.GetDirectoryName(path)!, $".{Guid.NewGuid():N}{FileNames.Temporary}");
        try
        {
            using (var stream = new FileStream(temporary, options))
            {
                content(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Writing(error, path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
