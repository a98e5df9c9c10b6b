using Newtonsoft.Json;

namespace TsBackup.Bench;

/// <summary>The figures of the design, each against the tool a user would pick instead, whole processes including their start.</summary>
internal static class DesignBench
{
    private const int Pairs = 5;

    private static readonly Dictionary<string, Func<Workbench, Task<IReadOnlyList<Comparison>>>> s_rows = new()
    {
        ["backup"] = BackupAsync,
        ["restore"] = RestoreAsync,
        ["again"] = AgainAsync,
        ["test"] = TestAsync,
        ["memory"] = MemoryAsync,
        ["series"] = SeriesAsync,
        ["large"] = LargeAsync,
    };

    public static IEnumerable<string> Names => s_rows.Keys;

    public static async Task<int> RunAsync(string name, bool json)
    {
        var results = new List<Comparison>();
        foreach (var (row, run) in s_rows)
        {
            if (name != "all" && name != row)
                continue;
            await using var bench = await Workbench.StartAsync();
            foreach (var result in await run(bench))
            {
                results.Add(result);
                if (!json)
                    Console.WriteLine(result);
            }
        }
        if (json)
            Console.WriteLine(JsonConvert.SerializeObject(results.Select(r => r.ToJson()), Formatting.Indented));
        return results.TrueForAll(r => r.Reached) ? 0 : 1;
    }

    private static async Task<IReadOnlyList<Comparison>> BackupAsync(Workbench bench)
    {
        await bench.FillAsync("devops", new DevopsGenerator().WriteLineProtocol);
        var time = new List<(double, double)>();
        var size = new List<(double, double)>();
        for (var i = 0; i < Pairs; i++)
        {
            var repository = bench.NewRepository();
            var ours = bench.Ours("backup", bench.Store("devops"), "--repository", repository, "--quiet");
            var portable = bench.NewPath("portable");
            var theirs = bench.Theirs("influxd", "backup", "-portable", "-host", bench.Backup, "-database", "devops", portable);
            time.Add((ours.Seconds, theirs.Seconds));
            size.Add((Workbench.SizeOf(repository) / 1e6, Workbench.SizeOf(portable) / 1e6));
        }
        return
        [
            new Comparison("size of a full backup, devops", "influxd backup -portable", "MB", size, 0.36),
            new Comparison("full backup, wall time", "influxd backup -portable", "s", time, 1.0),
        ];
    }

    private static async Task<IReadOnlyList<Comparison>> RestoreAsync(Workbench bench)
    {
        await bench.FillAsync("devops", new DevopsGenerator().WriteLineProtocol);
        var repository = bench.NewRepository();
        bench.Ours("backup", bench.Store("devops"), "--repository", repository, "--quiet");
        var portable = bench.NewPath("portable");
        bench.Theirs("influxd", "backup", "-portable", "-host", bench.Backup, "-database", "devops", portable);
        var time = new List<(double, double)>();
        for (var i = 0; i < Pairs; i++)
            time.Add(await RestoreBothAsync(bench, repository, portable, i));
        return [new Comparison("full restore into a new database", "influxd restore -portable", "s", time, 2.0)];
    }

    /// <summary>Restores without reading back, as the peer does.</summary>
    private static async Task<(double Ours, double Theirs)> RestoreBothAsync(Workbench bench, string repository, string portable, int number)
    {
        var (mine, other) = ($"ours{number}", $"theirs{number}");
        var ours = bench.Ours("restore", "latest", bench.Store(mine), "--repository", repository, "--no-verify", "--quiet");
        var theirs = bench.Theirs("influxd", "restore", "-portable", "-host", bench.Backup, "-db", "devops", "-newdb", other, portable);
        await bench.Server.QueryAsync($"DROP DATABASE {mine}");
        await bench.Server.QueryAsync($"DROP DATABASE {other}");
        return (ours.Seconds, theirs.Seconds);
    }

    private static async Task<IReadOnlyList<Comparison>> AgainAsync(Workbench bench)
    {
        await bench.FillAsync("devops", new DevopsGenerator().WriteLineProtocol);
        var time = new List<(double, double)>();
        var stored = new List<(double, double)>();
        for (var i = 0; i < Pairs; i++)
        {
            var repository = bench.NewRepository();
            var first = bench.Ours("backup", bench.Store("devops"), "--repository", repository, "--quiet");
            var before = Workbench.SizeOf(repository);
            var second = bench.Ours("backup", bench.Store("devops"), "--repository", repository, "--quiet");
            time.Add((second.Seconds, first.Seconds));
            stored.Add((Workbench.SizeOf(repository) - before, 16384));
        }
        return
        [
            new Comparison("second backup, nothing changed", "first backup", "s", time, 0.1),
            new Comparison("bytes it stores", "16 KiB", "bytes", stored, 1.0),
        ];
    }

    private static async Task<IReadOnlyList<Comparison>> TestAsync(Workbench bench)
    {
        await bench.FillAsync("devops", new DevopsGenerator().WriteLineProtocol);
        var repository = bench.NewRepository();
        bench.Ours("backup", bench.Store("devops"), "--repository", repository, "--quiet");
        var restic = bench.NewPath("restic");
        bench.Theirs("restic", "-q", "-r", restic, "init");
        bench.Theirs("restic", "-q", "-r", restic, "backup", Path.Combine(bench.Server.Folder, "data"));
        var time = new List<(double, double)>();
        for (var i = 0; i < Pairs; i++)
        {
            var ours = bench.Ours("test", "latest", "--repository", repository, "--level", "full", "--quiet");
            var theirs = bench.Theirs("restic", "-q", "-r", restic, "check", "--read-data");
            time.Add((ours.Seconds, theirs.Seconds));
        }
        return [new Comparison("Full test of a version", "restic check --read-data", "s", time, 0.5)];
    }

    /// <summary>The same figures with ten times the data: what starting a process and deriving a key cost weighs less there.</summary>
    private static async Task<IReadOnlyList<Comparison>> LargeAsync(Workbench bench)
    {
        await bench.FillAsync("devops", new DevopsGenerator(1000).WriteLineProtocol);
        var restic = bench.NewPath("restic");
        bench.Theirs("restic", "-q", "-r", restic, "init");
        bench.Theirs("restic", "-q", "-r", restic, "backup", Path.Combine(bench.Server.Folder, "data"));
        var (size, time) = (new List<(double, double)>(), new List<(double, double)>());
        var (again, test) = (new List<(double, double)>(), new List<(double, double)>());
        var restore = new List<(double, double)>();
        for (var i = 0; i < Pairs; i++)
        {
            var repository = bench.NewRepository();
            var first = bench.Ours("backup", bench.Store("devops"), "--repository", repository, "--quiet");
            var portable = bench.NewPath("portable");
            var theirs = bench.Theirs("influxd", "backup", "-portable", "-host", bench.Backup, "-database", "devops", portable);
            size.Add((Workbench.SizeOf(repository) / 1e6, Workbench.SizeOf(portable) / 1e6));
            time.Add((first.Seconds, theirs.Seconds));
            again.Add((bench.Ours("backup", bench.Store("devops"), "--repository", repository, "--quiet").Seconds, first.Seconds));
            var full = bench.Ours("test", "latest", "--repository", repository, "--level", "full", "--quiet");
            test.Add((full.Seconds, bench.Theirs("restic", "-q", "-r", restic, "check", "--read-data").Seconds));
            restore.Add(await RestoreBothAsync(bench, repository, portable, i));
            Directory.Delete(portable, recursive: true);
            Directory.Delete(repository, recursive: true);
        }
        return
        [
            new Comparison("86.4 M points: size of a full backup", "influxd backup -portable", "MB", size, 0.36),
            new Comparison("86.4 M points: full backup, wall time", "influxd backup -portable", "s", time, 1.0),
            new Comparison("86.4 M points: full restore into a new database", "influxd restore -portable", "s", restore, 2.0),
            new Comparison("86.4 M points: second backup", "first backup", "s", again, 0.1),
            new Comparison("86.4 M points: Full test of a version", "restic check --read-data", "s", test, 0.5),
        ];
    }

    private static async Task<IReadOnlyList<Comparison>> MemoryAsync(Workbench bench)
    {
        await bench.FillAsync("small", new DevopsGenerator(100, 1000).WriteLineProtocol);
        await bench.FillAsync("large", new DevopsGenerator(100, 100_000).WriteLineProtocol);
        var between = new List<(double, double)>();
        var limit = new List<(double, double)>();
        for (var i = 0; i < Pairs; i++)
        {
            var small = bench.Ours("backup", bench.Store("small"), "--repository", bench.NewRepository(), "--quiet");
            var large = bench.Ours("backup", bench.Store("large"), "--repository", bench.NewRepository(), "--quiet");
            between.Add((large.PeakBytes / 1048576.0, small.PeakBytes / 1048576.0));
            limit.Add((large.PeakBytes / 1048576.0, 400));
        }
        return
        [
            new Comparison("peak memory, 100 M points", "1 M points", "MiB", between, 1.2),
            new Comparison("peak memory, 100 M points", "400 MiB", "MiB", limit, 1.0),
        ];
    }

    private static async Task<IReadOnlyList<Comparison>> SeriesAsync(Workbench bench)
    {
        await bench.FillAsync("many", ManySeries);
        var time = new List<(double, double)>();
        var size = new List<(double, double)>();
        for (var i = 0; i < Pairs; i++)
        {
            var repository = bench.NewRepository();
            var ours = bench.Ours("backup", bench.Store("many"), "--repository", repository, "--quiet");
            var portable = bench.NewPath("portable");
            var theirs = bench.Theirs("influxd", "backup", "-portable", "-host", bench.Backup, "-database", "many", portable);
            time.Add((ours.Seconds, theirs.Seconds));
            size.Add((Workbench.SizeOf(repository) / 1e6, Workbench.SizeOf(portable) / 1e6));
        }
        return
        [
            new Comparison("1 M series × 8 points, size", "influxd backup -portable", "MB", size, 0.6),
            new Comparison("1 M series × 8 points, wall time", "influxd backup -portable", "s", time, 2.0),
        ];
    }

    private static void ManySeries(Stream stream)
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        var random = new Random(8);
        for (var point = 0; point < 8; point++)
        {
            for (var series = 0; series < 1_000_000; series++)
            {
                var time = 1_767_225_600_000_000_000 + (point * 60_000_000_000L);
                writer.Write(FormattableString.Invariant(
                    $"sensor,building=b{series / 10_000},floor=f{series / 1000 % 10},id=s{series:D7} value={random.Next(10_000) / 100.0} {time}\n"));
            }
        }
    }
}
