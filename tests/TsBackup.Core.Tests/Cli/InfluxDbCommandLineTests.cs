using System.Diagnostics;
using System.Globalization;
using System.Text;
using Newtonsoft.Json.Linq;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Tests.Connectors.InfluxDb;
using TsBackup.Tests.Support;
using TsBackup.TestServers;
using Xunit;

namespace TsBackup.Tests.Cli;

/// <summary>The command line against a real server: the main job, and each kind of bad day with its error and exit code.</summary>
[Collection(InfluxDbCollection.Name)]
public sealed class InfluxDbCommandLineTests(InfluxDbFixture fixture) : IAsyncLifetime, IDisposable
{
    private const string Passphrase = "a passphrase for tests";
    private static readonly int s_rows = Environment.GetEnvironmentVariable("TSBACKUP_LONG_TESTS") == "1" ? 250_000 : 20_000;
    private readonly ScratchFolder _folder = new();
    private readonly Dictionary<string, string?> _environment = new() { ["TSBACKUP_PASSPHRASE"] = Passphrase };
    private string _database = "";

    private string Repository => _folder.File("repository");

    public async Task InitializeAsync()
    {
        if (InfluxDbServer.Unavailable is not null)
            return;
        using var key = KeySource.FromPassphrase(Passphrase);
        await using var made = await RepositoryConnection.CreateAsync(
            Repository, key, new RepositoryOptions { KeyIterations = 1000 }, default);
        _database = await fixture.NewDatabaseAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EveryPointGoesOutAndInAgain(bool byPort)
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await FillAsync(s_rows);
        var option = byPort ? $"?snapshot=127.0.0.1:{fixture.Server.BackupPort}" : "?snapshot=off";
        var version = (await RunAsync("backup", Uri(_database) + option, "--repository", Repository, "--json")).Expect(0).Json;
        Assert.Equal(
            ("Complete", 4L * s_rows, (long)s_rows), ((string?)version["State"], (long)version["Points"]!, (long)version["Rows"]!));
        var again = (await RunAsync("backup", Uri(_database) + option, "--repository", Repository, "--json")).Expect(0).Json;
        Assert.Equal(byPort ? (long)again["Slices"]! : 0L, (long)again["SlicesReused"]!);
        foreach (var level in new[] { "source", "drill" })
        {
            var test = (await RunAsync(
                "test", "latest", "--repository", Repository, "--level", level, "--store", Uri(_database) + option, "--json")).Expect(0);
            Assert.True((bool)test.Json["Passed"]!, level);
        }
        await fixture.Server.QueryAsync($"DROP DATABASE \"{_database}\"");

        var restored = (await RunAsync("restore", "latest", Uri(_database) + option, "--repository", Repository, "--json")).Expect(0).Json;

        Assert.Equal(((long)s_rows, true), ((long)restored["RowsRestored"]!, (bool)restored["Verified"]!));
        (await RunAsync("compare", "latest", Uri(_database) + option, "--repository", Repository)).Expect(0);
    }

    [SkippableFact]
    public async Task BadInputIsAnErrorWithItsIdAndExitCode()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await FillAsync(50);
        await using var guarded = await InfluxDbServer.StartAsync(new InfluxDbServerOptions { AdminUser = "admin" });
        await guarded.QueryAsync("CREATE DATABASE d");
        await guarded.QueryAsync("CREATE USER reader WITH PASSWORD 'reads only'");
        await guarded.QueryAsync("GRANT READ ON d TO reader");
        (await RunAsync("backup", Uri(_database), "--repository", Repository)).Expect(0);
        var port = guarded.HttpPort;
        _environment["TSBACKUP_STORE_PASSWORD"] = "no such password";

        await FailsAsync(1, ErrorId.StoreCredentialRejected, "backup", $"influxdb://admin@127.0.0.1:{port}/d", "--repository", Repository);
        _environment["TSBACKUP_STORE_PASSWORD"] = "reads only";
        await FailsAsync(1, ErrorId.StoreNotFound, "backup", $"influxdb://reader@127.0.0.1:{port}/none", "--repository", Repository);
        await FailsAsync(
            1, ErrorId.StoreAccessDenied, "restore", "latest", $"influxdb://reader@127.0.0.1:{port}/new", "--repository", Repository);
        _environment.Remove("TSBACKUP_STORE_PASSWORD");
        await FailsAsync(1, ErrorId.StoreCredentialRejected, "inspect", $"influxdb://127.0.0.1:{port}/d");
        await FailsAsync(1, ErrorId.StoreNotFound, "backup", Uri("no-such-database"), "--repository", Repository);
        await FailsAsync(1, ErrorId.TargetExists, "restore", "latest", Uri(_database), "--repository", Repository);
        await FailsAsync(2, ErrorId.StoreUriInvalid, "restore", "latest", Uri("a%5Cb"), "--repository", Repository);
        await FailsAsync(2, ErrorId.StoreUriInvalid, "backup", Uri(_database) + "?snapshot=a:b:c", "--repository", Repository);
        await FailsAsync(1, ErrorId.StoreUnreachable, "backup", Uri(_database) + "?snapshot=127.0.0.1:1", "--repository", Repository);
        await FailsAsync(
            1, ErrorId.StoreConnectionLost, "inspect", $"influxdb://127.0.0.1:{fixture.Server.BackupPort}/d", "--timeout", "20");
        await FailsAsync(1, ErrorId.CapabilityMissing, "backup", Uri("_internal"), "--repository", Repository);
    }

    [SkippableFact]
    public async Task ARepositoryOfANewerFormatIsRefused()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var config = Path.Combine(Repository, "config");
        var bytes = await File.ReadAllBytesAsync(config);
        bytes[4]++;
        File.Delete(config);
        await File.WriteAllBytesAsync(config, bytes);

        await FailsAsync(1, ErrorId.RepositoryVersionUnsupported, "backup", Uri(_database), "--repository", Repository);
    }

    [SkippableFact]
    public async Task ATargetThatRefusesPointsGetsAnAccountAndCodeThree()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await FillAsync(60);
        (await RunAsync("backup", Uri(_database), "--repository", Repository)).Expect(0);
        var target = await fixture.NewDatabaseAsync();

        // The field is an integer there already, in the shard that the rows belong to.
        await fixture.Server.WriteAsync(target, "m,host=x load=1i 1700000000000000001");
        var result = (await RunAsync(
            "restore", "latest", Uri(target), "--repository", Repository, "--on-conflict", "merge", "--json")).Expect(3).Json;

        Assert.Equal((60L, 0L, 60L), ((long)result["RowsInBackup"]!, (long)result["RowsRestored"]!, (long)result["RowsFailed"]!));
        Assert.Contains(result["Problems"]!, problem => (string?)problem["ErrorId"] == nameof(ErrorId.StoreWriteRejected));
    }

    [SkippableFact]
    public async Task ASourceThatDiesHalfWayLeavesAnIncompleteVersionAndTheNextRunCompletes()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await FillAsync(500);
        (await RunAsync("backup", Uri(_database), "--repository", Repository)).Expect(0);
        await fixture.Server.WriteAsync(_database, "m,host=x load=2.5 1700000000000000001");
        await using var proxy = FaultProxy.Start(fixture.Server.HttpPort);
        proxy.Only("SELECT");
        proxy.Add([.. Enumerable.Repeat<Fault>(new Fault.CutReply(900), 200)]);
        var dying = $"influxdb://127.0.0.1:{proxy.Port}/{_database}?snapshot=off";

        var broken = (await RunAsync("backup", dying, "--repository", Repository, "--json")).Expect(3).Json;

        Assert.Equal("Incomplete", (string?)broken["State"]);
        Assert.NotEmpty(broken["Reasons"]!);
        var next = (await RunAsync("backup", Uri(_database), "--repository", Repository, "--json")).Expect(0).Json;
        Assert.Equal(("Complete", 501L), ((string?)next["State"], (long)next["Rows"]!));
        (await RunAsync("test", "all", "--repository", Repository)).Expect(0);
    }

    [SkippableFact]
    public async Task CtrlCEndsWith130AndTheNextRunCompletes()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signal that stands for Ctrl+C of another process");
        await FillAsync(500);
        await using var proxy = FaultProxy.Start(fixture.Server.HttpPort);
        proxy.Only("SELECT");
        proxy.Add(new Fault.HalfOpen());
        var slow = $"influxdb://127.0.0.1:{proxy.Port}/{_database}?snapshot=off";
        using var process = CommandLine.Start(_environment, "backup", slow, "--repository", Repository);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        for (var i = 0; i < 1200 && proxy.Made == 0; i++)
            await Task.Delay(50);

        using (var kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await process.WaitForExitAsync(limit.Token);

        Assert.True(process.ExitCode == 130, $"{process.ExitCode}: {await output}{await error}");
        Assert.Contains("stopped", await error, StringComparison.Ordinal);
        var versions = (JArray)(await RunAsync("versions", "--repository", Repository, "--json")).Expect(0).Json;
        Assert.DoesNotContain(versions, version => (string?)version["State"] == "Complete");
        var next = (await RunAsync("backup", Uri(_database), "--repository", Repository, "--json")).Expect(0).Json;
        Assert.Equal(500L, (long)next["Rows"]!);
        (await RunAsync("test", "--repository", Repository)).Expect(0);
    }

    private string Uri(string database) => $"influxdb://127.0.0.1:{fixture.Server.HttpPort}/{database}";

    private Task<CommandResult> RunAsync(params string[] arguments) => CommandLine.RunAsync(_environment, arguments);

    private async Task FailsAsync(int exitCode, ErrorId id, params string[] arguments)
    {
        var result = (await RunAsync(arguments)).Expect(exitCode);
        Assert.Contains($"({id})", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("no such password", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(result.Error, c => char.IsControl(c) && c is not ('\n' or '\r') || c == '\uFFFD');
    }

    private async Task FillAsync(int rows)
    {
        var text = new StringBuilder();
        for (var i = 0; i < rows; i++)
        {
            var time = 1_700_000_000_000_000_000 + (i * 1_000_000_007L);
            text.Append(CultureInfo.InvariantCulture,
                $"m,host=h{i % 20} load={i * 0.25},count={i}i,up={(i % 2 == 0 ? "t" : "f")},note=\"n{i % 5}\" {time}\n");
            if (text.Length < 4_000_000 && i < rows - 1)
                continue;
            await fixture.Server.WriteAsync(_database, text.ToString());
            text.Clear();
        }
    }
}
