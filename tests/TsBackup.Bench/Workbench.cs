using System.Globalization;
using System.Text;
using TsBackup.TestServers;

namespace TsBackup.Bench;

/// <summary>A real server filled with data, the tools on both sides, and a folder that goes away.</summary>
internal sealed class Workbench : IAsyncDisposable
{
    private const int LinesPerRequest = 10_000;
    private static readonly Dictionary<string, string> s_environment = new()
    {
        ["TSBACKUP_PASSPHRASE"] = "bench",
        ["RESTIC_PASSWORD"] = "bench",
        ["RESTIC_CACHE_DIR"] = Path.Combine(Path.GetTempPath(), "tsbackup-bench-restic-cache"),
    };

    private static readonly Lazy<string> s_tool = new(() => Environment.GetEnvironmentVariable("TSBACKUP_BENCH_TOOL") ?? Publish());

    private int _next;

    private Workbench(InfluxDbServer server) => Server = server;

    public InfluxDbServer Server { get; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("tsbackup-bench-").FullName;

    public string Backup => $"127.0.0.1:{Server.BackupPort}";

    public static async Task<Workbench> StartAsync() => new(await InfluxDbServer.StartAsync());

    public string Store(string database) => Server.StoreUri(database) + "?snapshot=" + Backup;

    public string NewPath(string name) => Path.Combine(Folder, $"{name}-{_next++}");

    /// <summary>The tool as it is shipped, published for this platform. TSBACKUP_BENCH_TOOL names another tsbackup.dll.</summary>
    public static string Tool => s_tool.Value;

    public Measured Ours(params string[] arguments) => Peer.Run("dotnet", s_environment, [Tool, .. arguments]);

    public Measured Theirs(string program, params string[] arguments) => Peer.Run(program, s_environment, arguments);

    public string NewRepository()
    {
        var path = NewPath("repository");
        Ours("init", path);
        return path;
    }

    /// <summary>Writes line protocol made by <paramref name="write"/> and lets the server bring its cache to disk.</summary>
    public async Task FillAsync(string database, Action<Stream> write)
    {
        await Server.QueryAsync($"CREATE DATABASE {database}");
        var file = NewPath("data.lp");
        using (var stream = File.Create(file))
            write(stream);
        var lines = new StringBuilder();
        var count = 0;
        foreach (var line in File.ReadLines(file))
        {
            lines.Append(line).Append('\n');
            if (++count % LinesPerRequest != 0)
                continue;
            await Server.WriteAsync(database, lines.ToString());
            lines.Clear();
        }
        if (lines.Length > 0)
            await Server.WriteAsync(database, lines.ToString());
        File.Delete(file);

        // A start reads the write-ahead log and a snapshot of the peer's brings it into files: both sides then see the same.
        await Server.RestartAsync();
        Theirs("influxd", "backup", "-portable", "-host", Backup, "-database", database, NewPath("warm"));
    }

    private static string Publish()
    {
        var target = Path.Combine(AppContext.BaseDirectory, "published");
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "TsBackup.sln")))
            root = root.Parent;
        var project = Path.Combine(root?.FullName ?? throw new InvalidOperationException("The bench runs from a checkout."), "src", "TsBackup.Cli");
        var platform = System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier;
        Console.Error.WriteLine($"Publishing the tool for {platform} …");
        Peer.Run("dotnet", null, "publish", project, "-c", "Release", "-r", platform, "-o", target, "--nologo", "-v", "quiet");
        return Path.Combine(target, "tsbackup.dll");
    }

    public static long SizeOf(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);

    public static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
