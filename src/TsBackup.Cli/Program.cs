using System.CommandLine;
using TsBackup.Cli.Commands;

namespace TsBackup.Cli;

/// <summary>The command line: parses, calls the operation, prints.</summary>
public static class Program
{
    /// <summary>Runs one command.</summary>
    public static async Task<int> Main(string[] args)
    {
        var root = new RootCommand("Backs up, verifies and restores time-series stores.")
        {
            Invocation.JsonOption,
            Invocation.VerboseOption,
            Invocation.QuietOption,
            InitCommand.Make(),
            InfoCommand.Make(),
            InspectCommand.Make(),
            BackupCommand.Make(),
            VersionsCommand.Make(),
            ContentsCommand.Make(),
            TestCommand.Make(),
            RestoreCommand.Make(),
            CompareCommand.Make(),
            CopyCommand.Make(),
            RemoveCommand.Make(),
            CompactCommand.Make(),
            RepairCommand.Make(),
            KeyCommand.Make(),
            DemoCommand.Make(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count == 0)
            return await parsed.InvokeAsync().ConfigureAwait(false);
        foreach (var error in parsed.Errors)
            await Console.Error.WriteLineAsync($"error: {error.Message}").ConfigureAwait(false);
        await Console.Error.WriteLineAsync("hint: 'tsbackup --help' lists commands and options.").ConfigureAwait(false);
        return ExitCode.WrongUsage;
    }
}
