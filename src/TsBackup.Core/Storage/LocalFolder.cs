using System.Runtime.InteropServices;

namespace TsBackup.Storage;

/// <summary>Folders of a local storage: made for their owner only, flushed to the device, listed in depth.</summary>
internal static partial class LocalFolder
{
    private const int OpenReadOnly = 0;
    private const int InvalidArgument = 22;

    /// <summary>Creates a folder below (or at) the root and flushes each new entry to the device.</summary>
    public static void Create(string root, string folder)
    {
        if (Directory.Exists(folder))
            return;
        var missing = new Stack<string>();
        for (var at = folder; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
            missing.Push(at);
        while (missing.TryPop(out var next))
        {
            if (OperatingSystem.IsWindows() || next.Length < root.Length)
                Directory.CreateDirectory(next);
            else
                Directory.CreateDirectory(next, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            if (Path.GetDirectoryName(next) is { } parent)
                Flush(parent);
        }
    }

    /// <summary>Files in a folder and its folders, without following links; none when the folder is not there.</summary>
    public static IEnumerable<FileInfo> Files(string folder)
    {
        var start = new DirectoryInfo(folder);
        if (!start.Exists)
            return [];
        return start.EnumerateFiles("*", new EnumerationOptions
        {
            RecurseSubdirectories = true,
            IgnoreInaccessible = false,
            AttributesToSkip = FileAttributes.ReparsePoint,
        });
    }

    /// <summary>Makes the names in a folder survive loss of power, where the system offers that.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var handle = Open(folder, OpenReadOnly);
        if (handle < 0)
            return;
        try
        {
            // Some network file systems do not know this for a folder; the file itself has been flushed by then.
            if (Sync(handle) < 0 && Marshal.GetLastPInvokeError() is var error && error != InvalidArgument)
                throw new IOException($"Flushing the folder failed with error {error}.", error);
        }
        finally
        {
            _ = Close(handle);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
