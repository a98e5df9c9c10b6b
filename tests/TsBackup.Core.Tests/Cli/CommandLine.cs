using System.Diagnostics;
using Newtonsoft.Json.Linq;
using Xunit;

namespace TsBackup.Tests.Cli;

/// <summary>Runs the built command line as a process of its own.</summary>
internal static class CommandLine
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    public static async Task<CommandResult> RunAsync(IReadOnlyDictionary<string, string?>? environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(s_limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"tsbackup {string.Join(' ', arguments)} did not end within {s_limit}.");
        }
        return new CommandResult(process.ExitCode, await output, await error);
    }

    public static Process Start(IReadOnlyDictionary<string, string?>? environment, params string[] arguments)
    {
        // A test run in the background may ignore SIGINT, and its children with it.
        var isLinux = OperatingSystem.IsLinux();
        var start = new ProcessStartInfo(isLinux ? "/usr/bin/env" : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        string[] program = isLinux ? ["--default-signal=INT", "dotnet"] : [];
        foreach (var argument in program.Append(Path.Combine(AppContext.BaseDirectory, "tsbackup.dll")))
            start.ArgumentList.Add(argument);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment.Remove("TSBACKUP_PASSPHRASE");
        start.Environment.Remove("TSBACKUP_STORE_USER");
        start.Environment.Remove("TSBACKUP_STORE_PASSWORD");
        start.Environment["TSBACKUP_STATE_FOLDER"] = "none";

        // A process that is killed leaves its pipes for debuggers in the folder of temporary files.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}

internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    public JToken Json => JToken.Parse(Output);

    public CommandResult Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode} where {exitCode} was expected\n{Output}\n{Error}");
        return this;
    }
}
