using System.CommandLine;
using TsBackup.Cli.Demo;
using TsBackup.Cli.Terminal;
using TsBackup.Errors;

namespace TsBackup.Cli.Commands;

internal static class DemoCommand
{
    private static readonly Option<long> s_points = new("--points")
    {
        Description = "Points to make, about.",
        CustomParser = OptionValues.Number<long>,
        DefaultValueFactory = _ => 1_000_000,
    };

    public static Command Make()
    {
        var command = new Command("demo", "Show the whole life of a backup on made-up data, in a temporary folder.") { s_points };
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var points = invocation.Get(s_points);
        if (points is < 1000 or > 1_000_000_000)
            throw new TsBackupException(ErrorId.ArgumentInvalid, $"--points is {points}; it goes from 1,000 to 1,000,000,000.");
        var root = Directory.CreateTempSubdirectory("tsbackup-demo-").FullName;
        DemoReport report;
        try
        {
            report = await new DemoRun(root, points, invocation.Observer, invocation.Cancellation).RunAsync().ConfigureAwait(false);
        }
        catch (DemoFailedException e)
        {
            report = e.Report;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
        invocation.Observer.Finish();
        if (invocation.Json)
            Output.Json(report);
        else
            Print(report);
        return report.Passed ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Print(DemoReport report)
    {
        Output.Table(
            ["Step", "Rows", "Points", "Bytes", "B/point", "Seconds", "Verdict", "Remark"],
            report.Steps.Select(s => (IReadOnlyList<object?>)
                [s.Step, s.Rows, s.Points, s.Bytes, s.BytesPerPoint, s.Seconds, s.Passed ? "ok" : "WRONG", s.Remark]));
        Console.Out.WriteLine(report.Passed ? "Every verdict is right." : "A verdict is wrong.");
    }
}
