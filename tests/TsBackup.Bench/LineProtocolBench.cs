using System.Diagnostics;
using System.Globalization;
using TsBackup.Connectors.Files;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Bench;

/// <summary>
/// How fast line protocol is taken apart, on one core: by the parser alone, as the first look at a file that a plan is made of, and into
/// batches. The data is "devops" (10 fields a line) and the same with one field a line. Arguments: <c>--rounds N</c> (default 7).
/// </summary>
internal static class LineProtocolBench
{
    public static int Run(string[] args)
    {
        var at = Array.IndexOf(args, "--rounds");
        var rounds = at >= 0 ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : 7;
        Console.WriteLine($"{"data",-12} {"step",-14} {"MB/s",8} {"lines/s",12} {"values/s",12}");
        Report("devops", new DevopsGenerator(100, 864), rounds);
        Report("one field", new DevopsGenerator(100, 4320) { FloatFields = 1, IntegerFields = 0 }, rounds);
        return 0;
    }

    private static void Report(string name, DevopsGenerator generator, int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("tsbackup-bench-").FullName;
        try
        {
            var path = Path.Combine(folder, "data.lp");
            using (var stream = File.Create(path))
                generator.WriteLineProtocol(stream);
            var bytes = File.ReadAllBytes(path);
            var lines = generator.Points / (generator.FloatFields + generator.IntegerFields);
            var file = StoreFile.Of(folder, path);
            var index = FileScanner.Scan(file, 1, CancellationToken.None);
            var plan = FilePlan.Make([index], Scope.All, 1);
            Row(name, "parser", bytes.Length, lines, generator.Points, Best(rounds, () => Parse(bytes)));
            Row(name, "first look", bytes.Length, lines, generator.Points, Best(rounds, () => FileScanner.Scan(file, 1, CancellationToken.None)));
            Row(name, "into batches", bytes.Length, lines, generator.Points, Best(rounds, () => Read(index, plan)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Row(string name, string step, long bytes, long lines, long values, double seconds) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{name,-12} {step,-14} {bytes / seconds / 1e6,8:F0} {lines / seconds,12:N0} {values / seconds,12:N0}"));

    private static long Parse(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        using var parser = new LineProtocolParser(stream, "bench");
        var sum = 0L;
        while (parser.Read())
            sum += parser.Time + parser.Fields.Length;
        return sum;
    }

    private static void Read(FileIndex index, IReadOnlyList<Connectors.SliceGroup> plan)
    {
        foreach (var group in plan)
        {
            using var reader = new FileGroupReader([index], group.Slices, 1);
            foreach (var step in reader.Read(CancellationToken.None))
                (step as Connectors.SliceRows)?.Batch.Dispose();
        }
    }

    private static double Best(int rounds, Action action)
    {
        action();
        var best = double.MaxValue;
        for (var i = 0; i < rounds; i++)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }
}
