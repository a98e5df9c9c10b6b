using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb;
using TsBackup.Connectors.InfluxDb.Snapshot;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.TestServers;
using TsBackup.Tests.Connectors.InfluxDb.Tsm;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb.Snapshot;

/// <summary>Files written through the snapshot port of a real server, read back over HTTP.</summary>
public sealed class SnapshotStoreWriterTests
{
    private const long Day = 86_400_000_000_000;

    [SkippableTheory]
    [InlineData("inmem")]
    [InlineData("tsi1")]
    public async Task EverythingComesBackEqualWithOrWithoutFiles(string index)
    {
        await using var server = await StartAsync(index);
        await using var source = Open(server, "source", "snapshot=off");
        await using var native = Open(server, "native", $"restore=native&snapshot=127.0.0.1:{server.BackupPort}");
        await using var lines = Open(server, "lines", $"restore=lines&snapshot=127.0.0.1:{server.BackupPort}");

        var outcome = await CopyAsync(source, native);
        var byLines = await CopyAsync(source, lines);

        var expected = await SliceSummaries.OfAsync(source);
        Assert.Equal(0, outcome.RowsFailed);
        Assert.Equal(expected.Values.Sum(slice => slice.Rows), outcome.RowsWritten);
        Assert.Equal(outcome.RowsWritten, byLines.RowsWritten);
        await using var copy = Open(server, "native", "snapshot=off");
        Assert.Equal(expected, await SliceSummaries.OfAsync(copy));
        Assert.Contains(Files(server, "native"), IsUploaded);
        Assert.DoesNotContain(Files(server, "lines"), IsUploaded);

        // What is there already is written by line protocol.
        var again = await CopyAsync(source, native);
        Assert.Equal((outcome.RowsWritten, 0L), (again.RowsWritten, again.RowsFailed));
        await server.RestartAsync();
        Assert.Equal(expected, await SliceSummaries.OfAsync(copy));
    }

    [SkippableFact]
    public async Task AFileThatDoesNotArriveIsAnErrorThatNamesTheShard()
    {
        await using var server = await StartAsync("inmem");
        await using var source = Open(server, "source", "snapshot=off");
        await using var proxy = new CuttingProxy(server.BackupPort);
        await using var native = Open(server, "native", $"restore=native&snapshot=127.0.0.1:{proxy.Port}");

        var error = await Assert.ThrowsAsync<TsBackupException>(() => CopyAsync(source, native));

        Assert.Equal(ErrorId.StoreConnectionLost, error.Id);
        Assert.Contains("shard ", error.Message, StringComparison.Ordinal);
        Assert.True(proxy.HasCut);
        Assert.DoesNotContain(Files(server, "native"), IsUploaded);
    }

    [SkippableFact]
    public async Task AnUploadToAShardThatIsNotThereEnds()
    {
        await using var server = await StartAsync("inmem");
        var port = new SnapshotPort("127.0.0.1", server.BackupPort, new ConnectorOptions());
        var file = new UploadFile(100, static (output, _) => output.Write(new byte[100]), null);

        var error = await Record.ExceptionAsync(() => port.UploadAsync(4711, [("a/b/4711/000000001-000000001.tsm", file)], default));

        Assert.True(error is null or TsBackupException { Id: ErrorId.StoreConnectionLost }, error?.ToString());
    }

    private static bool IsUploaded(string file) => Path.GetFileName(file)[..5] != "00000";

    private static string[] Files(InfluxDbServer server, string database) =>
        Directory.GetFiles(Path.Combine(server.Folder, "data", database), "*.tsm", SearchOption.AllDirectories);

    private static InfluxDbConnector Open(InfluxDbServer server, string database, string options) =>
        new(StoreAddress.Parse($"{server.StoreUri(database)}?{options}"), new ConnectorOptions());

    private static async Task<WriteOutcome> CopyAsync(InfluxDbConnector from, InfluxDbConnector to)
    {
        var catalog = await from.DescribeAsync(default);
        await using var writer = await to.OpenWriterAsync(new RestoreTarget(catalog, TimeRange.All, IsScratch: true), default);
        var (written, failed) = (0L, 0L);
        foreach (var group in await from.PlanAsync(catalog, Scope.All, default))
        {
            var outcome = await writer.WriteAsync(group, from.ReadAsync(group, default), default);
            written += outcome.RowsWritten;
            failed += outcome.RowsFailed;
        }
        await writer.CompleteAsync(default);
        return new WriteOutcome(written, failed, []);
    }

    private static Task<InfluxDbServer> StartAsync(string index)
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        return StartNowAsync();

        async Task<InfluxDbServer> StartNowAsync()
        {
            var server = await InfluxDbServer.StartAsync(new InfluxDbServerOptions { IndexVersion = index });
            await server.QueryAsync("CREATE DATABASE source WITH DURATION INF SHARD DURATION 1d NAME \"days\"");
            await server.QueryAsync("CREATE RETENTION POLICY \"a b\" ON source DURATION INF REPLICATION 1 SHARD DURATION 7d");
            var text = new StringBuilder();
            for (var i = -3000; i < 3000; i++)
                text.Append(CultureInfo.InvariantCulture, $"m\\ x,h=h\\ {i % 3},z=1 f={i / 7.0},i={i}i,b={(i % 2 == 0 ? 't' : 'f')},s=\"t{i % 9}\" {i * (Day / 900)}\n");
            text.Append("mixed v=1 1\nmixed v=2 5\nplain,a=1 only=1i 7\nodd\\\\x,k\\ y=1 v=1 8\nodd v\\ w=\"\" 8\n");
            text.Append(CultureInfo.InvariantCulture, $"mixed v=3i {Day}\nmixed v=\"x\" {2 * Day}\n");
            await server.WriteAsync("source", text.ToString());
            await server.WriteAsync("source", "other f=-0.0 -1\nother f=5e-324 1772323200000000001", "a b");
            return server;
        }
    }

    /// <summary>Passes requests on, but uploads only in part.</summary>
    private sealed class CuttingProxy : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _serving;

        public CuttingProxy(int server)
        {
            _listener.Start();
            _serving = ServeAsync(server);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public bool HasCut { get; private set; }

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
        }

        private async Task ServeAsync(int server)
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    using var behind = new TcpClient();
                    await behind.ConnectAsync(IPAddress.Loopback, server);
                    var request = new byte[4096];
                    var length = await client.GetStream().ReadAsync(request);
                    await behind.GetStream().WriteAsync(request.AsMemory(0, length));
                    if (request[1] != 7)
                        await behind.GetStream().CopyToAsync(client.GetStream());
                    else
                        HasCut = true;
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException or IOException)
            {
                return;
            }
        }
    }
}
