using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using TsBackup.TestServers.Tablestore;
using Xunit;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>The official JavaScript client, fetched by npm into <c>.cache</c> of the checkout on first use.</summary>
internal static class JavaScriptClient
{
    private const string Package = "tablestore@5.6.5";
    private static readonly Lazy<(string? Modules, string Reason)> Found = new(Fetch);

    /// <summary>Skips the test, and says why, where the client cannot be had.</summary>
    public static void SkipIfMissing() => Skip.If(Found.Value.Modules is null, Found.Value.Reason);

    /// <summary>Runs the harness and returns the lines it prints.</summary>
    public static IReadOnlyList<string> Run(FakeTablestore server, string command, params string[] tables)
    {
        string[] arguments =
        [
            Harness(), command, server.Endpoint,
            FakeTablestore.InstanceName, FakeTablestore.AccessKeyId, FakeTablestore.AccessKeySecret,
            .. tables,
        ];
        var (exitCode, output, error) = Start("node", arguments, Found.Value.Modules);
        Assert.True(exitCode == 0, $"The JavaScript client failed: {error}");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Harness([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "js", "client.js");

    private static (string? Modules, string Reason) Fetch()
    {
        var checkout = new DirectoryInfo(AppContext.BaseDirectory);
        while (checkout is not null && !File.Exists(Path.Combine(checkout.FullName, "TsBackup.sln")))
            checkout = checkout.Parent;
        if (checkout is null)
            return (null, "The checkout was not found from the tests' folder.");
        var folder = Path.Combine(checkout.FullName, ".cache", "tablestore-js");
        var modules = Path.Combine(folder, "node_modules");
        try
        {
            if (!Directory.Exists(Path.Combine(modules, "tablestore")))
            {
                Directory.CreateDirectory(folder);
                var (exitCode, _, error) = Start(
                    "npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, Package], null);
                if (exitCode != 0)
                    return (null, $"npm cannot install {Package}: {error.Trim()}");
            }
            var (nodeExit, _, _) = Start("node", ["--version"], null);
            return nodeExit == 0 ? (modules, "") : (null, "node does not run.");
        }
        catch (Win32Exception)
        {
            return (null, "node and npm are not on PATH; the official JavaScript client cannot check the fake server.");
        }
    }

    private static (int ExitCode, string Output, string Error) Start(string program, string[] arguments, string? modules)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (modules is not null)
            start.Environment["NODE_PATH"] = modules;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(3)))
        {
            process.Kill(entireProcessTree: true);
            return (-1, "", $"{program} did not end within three minutes.");
        }
        return (process.ExitCode, output.Result, error.Result);
    }
}
