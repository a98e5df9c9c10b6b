using System.Diagnostics;
using System.Globalization;
using TsBackup.TestServers.Tablestore;

namespace TsBackup.Bench;

/// <summary>
/// Rows a second of backup, second backup, test and restore of a wide-column table of eight columns through the fake service, each as a
/// process of its own (the tool as it is published), and which share of the processor time is ours. Arguments:
/// <c>[rows] [rounds]</c>.
/// </summary>
internal static class TablestoreBench
{
    private static readonly double s_tick = 1.0 / 100;

    public static async Task<int> RunAsync(string[] args)
    {
        var rows = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 200_000;
        var rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 3;
        var folder = Directory.CreateTempSubdirectory("tsbackup-tablestore-");
        using var server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["tablestore-server", $"{rows}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            var port = await server.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The fake service did not start.");
            var store = $"tablestore+http://{FakeTablestore.AccessKeyId}@127.0.0.1:{port}/{FakeTablestore.InstanceName}";
            Console.WriteLine($"{rows} rows x 8 columns ({rows * 8L} cells), median of {rounds}");
            Console.WriteLine($"{"",-22} {"wall s",8} {"rows/s",10} {"cells/s",10} {"our CPU s",10} {"fake CPU s",11} {"ours",6} {"ours alone, rows/s",19}");
            Measure(server, folder.FullName, store, rows, rounds);
            return 0;
        }
        finally
        {
            server.StandardInput.Close();
            await server.WaitForExitAsync();
            folder.Delete(recursive: true);
        }
    }

    private static void Measure(Process server, string folder, string store, int rows, int rounds)
    {
        var results = new Dictionary<string, List<(double Wall, double Ours, double Fake)>>();
        void Step(string name, params string[] arguments)
        {
            var before = CpuOf(server.Id);
            var (wall, ours) = Run(arguments);
            if (!results.TryGetValue(name, out var list))
                results.Add(name, list = []);
            list.Add((wall, ours, CpuOf(server.Id) - before));
        }
        for (var round = 0; round < rounds; round++)
        {
            var repository = Path.Combine(folder, $"r{round}");
            Run("init", repository);
            Step("backup", "backup", store, "--repository", repository, "--table", "metrics");
            Step("backup, nothing new", "backup", store, "--repository", repository, "--table", "metrics");
            Step("test --level source", "test", "latest", "--level", "source", "--store", store, "--repository", repository);
            Step("restore", "restore", "latest", store, "--repository", repository, "--rename", $"metrics=copy{round}");
        }
        foreach (var (name, list) in results)
        {
            var (wall, ours, fake) = list.OrderBy(r => r.Wall).ElementAt(list.Count / 2);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-22} {wall,8:F2} {rows / wall,10:F0} {rows * 8 / wall,10:F0} {ours,10:F2} {fake,11:F2} {ours / (ours + fake),6:P0} {rows / ours,19:F0}"));
        }
    }

    private static (double Wall, double Cpu) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Workbench.Tool, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["TSBACKUP_PASSPHRASE"] = "bench", ["TSBACKUP_STORE_PASSWORD"] = FakeTablestore.AccessKeySecret },
        };
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        var cpu = 0.0;
        while (!process.WaitForExit(5))
            cpu = Math.Max(cpu, CpuOf(process.Id));
        watch.Stop();
        return process.ExitCode == 0
            ? (watch.Elapsed.TotalSeconds, cpu)
            : throw new InvalidOperationException($"tsbackup {string.Join(' ', arguments)} ended with {process.ExitCode}: {error.Result}{output.Result}");
    }

    /// <summary>Seconds of processor time of a process, as Linux keeps them; 0 when it is gone.</summary>
    private static double CpuOf(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) * s_tick;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
