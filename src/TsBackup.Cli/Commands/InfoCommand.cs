using System.CommandLine;
using System.Globalization;
using TsBackup.Cli.Terminal;
using TsBackup.Model;
using TsBackup.Operations;
using TsBackup.Repository;

namespace TsBackup.Cli.Commands;

internal static class InfoCommand
{
    private static readonly Option<bool> s_noProbe = new("--no-probe")
    {
        Description = "Write nothing, also no small object to measure with.",
    };
    private static readonly Option<string?> s_known = new("--known-position")
    {
        Description = "LogPosition that was seen before: an error says when the repository no longer has it.",
    };

    public static Command Make()
    {
        var command = new Command("info", "Show a repository: what it holds, how much room there is, and how fast its storage is.")
        {
            s_noProbe, s_known,
        };
        SharedOptions.AddRepository(command);
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        await using var repository = await invocation.OpenRepositoryAsync().ConfigureAwait(false);
        if (invocation.Get(s_known) is { } known)
            await repository.Repository.Log.RequireAsync(LogPosition.Parse(known), invocation.Cancellation).ConfigureAwait(false);
        var info = await RepositoryInspection.RunAsync(
            repository, !invocation.Get(s_noProbe), invocation.Cancellation).ConfigureAwait(false);
        if (invocation.Json)
            Output.Json(info);
        else
            Output.List(info, Texts(info));
        return ExitCode.Done;
    }

    private static Dictionary<string, string> Texts(BackupRepository info) => new()
    {
        [nameof(info.Latency)] = string.Create(CultureInfo.InvariantCulture, $"{info.Latency.TotalMilliseconds:0.0} ms"),
        [nameof(info.ReadBytesPerSecond)] = Throughput(info.ReadBytesPerSecond),
        [nameof(info.WriteBytesPerSecond)] = Throughput(info.WriteBytesPerSecond),
    };

    private static string Throughput(double? bytesPerSecond) =>
        bytesPerSecond is { } bytes ? SizeText.Format((long)bytes) + "/s" : "";
}
