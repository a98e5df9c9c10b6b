using System.Diagnostics;

namespace TsBackup.TestServers;

/// <summary>Finds influxd: on PATH, or in Debian's package, which is unpacked into <c>.cache</c> of the checkout without root rights.</summary>
internal static class InfluxDbPackage
{
    private static readonly Lazy<string?> Found = new(Find);

    public static string? Executable => Found.Value;

    private static string? Find()
    {
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "influxd")).FirstOrDefault(File.Exists);
        if (onPath is not null || !OperatingSystem.IsLinux() || CheckoutFolder() is not { } checkout)
            return onPath;
        var cache = Path.Combine(checkout, ".cache", "influxdb");
        var unpacked = Path.Combine(cache, "usr", "bin", "influxd");
        if (!File.Exists(unpacked))
            Fetch(cache);
        return File.Exists(unpacked) ? unpacked : null;
    }

    private static string? CheckoutFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "TsBackup.sln")))
                return folder.FullName;
        }
        return null;
    }

    private static void Fetch(string cache)
    {
        Directory.CreateDirectory(cache);
        if (!Run(cache, "apt-get", "download", "influxdb"))
            return;
        var package = Directory.EnumerateFiles(cache, "influxdb_*.deb").FirstOrDefault();
        if (package is not null)
            Run(cache, "dpkg", "-x", package, cache);
    }

    private static bool Run(string folder, string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardError = true });
            if (process is null || !process.WaitForExit(TimeSpan.FromMinutes(2)))
            {
                process?.Kill();
                return false;
            }
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // The program is not there, as on a system that is not Debian's.
            return false;
        }
    }
}
