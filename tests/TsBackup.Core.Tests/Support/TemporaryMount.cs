using System.Diagnostics;

namespace TsBackup.Tests.Support;

/// <summary>
/// A small file system in memory, mounted on a folder: a disk that can be full or read-only. Only where mounting is allowed.
/// </summary>
internal sealed class TemporaryMount : IDisposable
{
    private TemporaryMount(string path) => Path = path;

    public string Path { get; }

    /// <summary>Mounts it; null where that is not allowed.</summary>
    public static TemporaryMount? TryMake(string options)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        var path = Directory.CreateTempSubdirectory("tsbackup-mount-").FullName;
        if (Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", path))
            return new TemporaryMount(path);
        Directory.Delete(path);
        return null;
    }

    public void Remount(string options)
    {
        if (!Run("mount", "-o", "remount," + options, Path))
            throw new InvalidOperationException($"{Path} cannot be remounted with {options}.");
    }

    public void Dispose()
    {
        if (Run("umount", Path))
            Directory.Delete(Path);
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No such program here.
            return false;
        }
    }
}
