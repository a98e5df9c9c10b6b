using System.Runtime.InteropServices;

namespace TsBackup.Connectors.Files;

/// <summary>Brings the names in a folder to the disk. The base class library opens no folders, so this asks the system itself.</summary>
internal static partial class FolderSync
{
    /// <summary>Syncs a folder; on Windows, which has no such call, it does nothing.</summary>
    public static void Flush(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        var handle = OpenPath(path, 0);
        if (handle < 0)
            throw new IOException($"The folder '{path}' cannot be opened.", Marshal.GetLastPInvokeError());
        try
        {
            const int invalid = 22; // EINVAL: this file system syncs no folders.
            if (Fsync(handle) != 0 && Marshal.GetLastPInvokeError() is var code and not invalid)
                throw new IOException($"The folder '{path}' cannot be brought to the disk.", code);
        }
        finally
        {
            _ = CloseHandle(handle);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenPath(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseHandle(int handle);
}
