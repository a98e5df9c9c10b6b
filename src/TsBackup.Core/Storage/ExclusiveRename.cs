using System.Runtime.InteropServices;

namespace TsBackup.Storage;

/// <summary>
/// Gives a file its name unless that name is taken, in one step. <see cref="File.Move(string, string, bool)"/> looks first and renames
/// then on Unix, so that of two writers both may win.
/// </summary>
internal static partial class ExclusiveRename
{
    private const int EEXIST = 17;
    private const int AT_FDCWD = -100;
    private const uint RENAME_NOREPLACE = 1;
    private const uint RENAME_EXCL = 4;

    /// <exception cref="IOException">The name is taken, or the rename failed.</exception>
    public static void Move(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            File.Move(from, to, overwrite: false);
            return;
        }
        if (TryRename(from, to))
            return;
        if (Marshal.GetLastPInvokeError() == EEXIST)
            throw Taken(to);

        // Not every file system knows an exclusive rename; a hard link is exclusive everywhere it exists.
        if (Link(from, to) == 0)
        {
            File.Delete(from);
            return;
        }
        if (Marshal.GetLastPInvokeError() == EEXIST)
            throw Taken(to);
        File.Move(from, to, overwrite: false);
    }

    private static IOException Taken(string path) => new($"The file '{path}' already exists.", new IOException(null, EEXIST));

    private static bool TryRename(string from, string to)
    {
        try
        {
            return OperatingSystem.IsMacOS()
                ? RenameExclusive(from, to, RENAME_EXCL) == 0
                : RenameAt2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library older than the call: the hard link does it.
            Marshal.SetLastPInvokeError(0);
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "renamex_np", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameExclusive(string from, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);
}
