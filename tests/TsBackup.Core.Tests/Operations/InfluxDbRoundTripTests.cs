using System.Globalization;
using System.Text;
using TsBackup.Connectors;
using TsBackup.Model;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Tests.Support;
using TsBackup.TestServers;
using Xunit;

namespace TsBackup.Tests.Operations;

/// <summary>The main job on a real server: fill it, back it up, destroy it, restore it, compare every bit.</summary>
public sealed class InfluxDbRoundTripTests : IDisposable
{
    private const long Day = 86_400_000_000_000;
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task ADestroyedDatabaseComesBackBitByBit()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var server = await InfluxDbServer.StartAsync();
        await FillAsync(server);
        var address = StoreAddress.Parse(server.StoreUri("telemetry"));
        await using var store = ConnectorCatalog.Open(address);
        var original = await StoreDigest.RunAsync(store, Scope.All, default);
        Assert.True(original.Rows > 3000);

        await using var repository = await CreateAsync();
        var version = (await BackupOperation.RunAsync(
            new BackupRequest { Connector = store, Repositories = [repository] }, default))[0].Version!;
        Assert.Equal(BackupVersionState.Complete, version.State);
        Assert.Equal((original.Rows, original.Points), (version.Rows, version.Points));

        await server.QueryAsync("DROP DATABASE telemetry");
        await using var target = ConnectorCatalog.Open(address);
        var header = await VersionQuery.FindAsync(repository, "latest", null, null, default);
        var result = await RestoreOperation.RunAsync(new RestoreRequest { Repository = repository, Target = target }, header, default);
        Assert.Equal((original.Rows, original.Rows, 0L), (result.RowsInBackup, result.RowsRestored, result.RowsFailed));
        Assert.True(result.Verified, string.Join('\n', result.Problems));
        Assert.Equal(original, await StoreDigest.RunAsync(target, Scope.All, default));

        var policies = await server.QueryAsync("SHOW RETENTION POLICIES ON telemetry");
        Assert.Contains("8760h0m0s", policies, StringComparison.Ordinal);
        Assert.Contains("downsample", await server.QueryAsync("SHOW CONTINUOUS QUERIES"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task AServerThatDiesInABackupLeavesAnIncompleteVersionAndTheNextRunCompletes()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var server = await InfluxDbServer.StartAsync();
        await FillAsync(server);
        await using var repository = await CreateAsync();
        var address = StoreAddress.Parse(server.StoreUri("telemetry"));
        var killer = new KillAtFirstProgress(server);
        var options = new ConnectorOptions { Attempts = 2, Timeout = TimeSpan.FromSeconds(20) };
        await using (var store = ConnectorCatalog.Open(address, options))
        {
            var request = new BackupRequest
            {
                Connector = store, Repositories = [repository], Observer = killer, Parallelism = 1, RetryDelay = TimeSpan
                    .FromMilliseconds(10),
            };
            var version = (await BackupOperation.RunAsync(request, default))[0].Version!;
            Assert.Equal(BackupVersionState.Incomplete, version.State);
            Assert.NotEmpty(version.Reasons);
        }
        await server.RestartAsync();
        await using var again = ConnectorCatalog.Open(address, options);
        var next = (await BackupOperation.RunAsync(
            new BackupRequest { Connector = again, Repositories = [repository] }, default))[0].Version!;
        Assert.Equal(BackupVersionState.Complete, next.State);
        foreach (var item in await VersionQuery.ListAsync(repository, null, default))
        {
            var header = await VersionQuery.FindAsync(repository, item.VersionId, null, null, default);
            var test = await TestOperation.RunAsync(new TestRequest { Repository = repository }, header, default);
            Assert.True(test.Passed, string.Join('\n', test.Problems));
        }
    }

    private static async Task FillAsync(InfluxDbServer server)
    {
        await server.QueryAsync("CREATE DATABASE telemetry");
        await server.QueryAsync("CREATE RETENTION POLICY \"year\" ON telemetry DURATION 8760h REPLICATION 1 SHARD DURATION 7d");
        await server.QueryAsync(
            "CREATE CONTINUOUS QUERY downsample ON telemetry BEGIN SELECT mean(load) "
            + "INTO telemetry.\"year\".cpu_mean FROM cpu GROUP BY time(1h), * END");
        var text = new StringBuilder();
        var random = new Random(42);
        var start = (DateTime.UtcNow.Date.AddDays(-40).Ticks - DateTime.UnixEpoch.Ticks) * 100L;
        for (var i = 0; i < 3000; i++)
        {
            var time = start + (i * Day / 100) + random.Next(1000);
            text.Append(CultureInfo.InvariantCulture, $"cpu,host=h{i % 9},rack=r\\ {i % 2} load={random.NextDouble() * 100},");
            text.Append(CultureInfo.InvariantCulture, $"count={random.NextInt64()}i,up={(i % 2 == 0 ? "t" : "f")},");
            text.Append(CultureInfo.InvariantCulture, $"note=\"n{i % 5} \\\"q\\\"\" {time}\n");
        }
        text.Append("odd\\ name\\,x,tag\\=key=va\\,lue 42=1,42=-0.0,name=\"a\nb\" -1\n");
        text.Append("odd\\ name\\,x only=5e-324 9223372036854775806\n");
        text.Append("odd\\ name\\,x only=9007199254740993i -9223372036854775806\n");
        await server.WriteAsync("telemetry", text.ToString());
        await server.WriteAsync("telemetry", $"cpu,host=a load=1 {start + (30 * Day)}\n", "year");
    }

    private async Task<RepositoryConnection> CreateAsync()
    {
        using var key = KeySource.FromPassphrase("a passphrase");
        return await RepositoryConnection.CreateAsync(_folder.File("repository"), key, OperationsFixture.FastOptions, default);
    }

    private sealed class KillAtFirstProgress(InfluxDbServer server) : IOperationObserver
    {
        private int _killed;

        public void Progress(OperationProgress progress)
        {
            if (Interlocked.Exchange(ref _killed, 1) == 0)
                server.Kill();
        }

        public void Warning(string message)
        {
        }

        public void Verbose(string message)
        {
        }
    }
}
