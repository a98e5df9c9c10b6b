using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.TestServers;
using TsBackup.Tests.Connectors.InfluxDb.Tsm;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb.Snapshot;

/// <summary>Shards whose stream breaks off: what came before the break must not mix with what comes when it is asked for again.</summary>
public sealed class SnapshotFetchFaultTests
{
    private const long Start = 1_500_000_000_000_000_000;

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(512)]
    [InlineData(20_000)]
    public async Task AStreamThatBreaksOffAndIsAskedForAgainGivesEachPointOnce(int bytes)
    {
        await using var server = await StartAsync();
        await using var proxy = new BreakingProxy(server.BackupPort);
        await using var http = Open(server, "off");
        await using var native = Open(server, $"127.0.0.1:{proxy.Port}");
        var expected = await SliceSummaries.OfAsync(http);
        proxy.Break(times: 1, after: bytes);

        Assert.Equal(expected, await SliceSummaries.OfAsync(native));

        Assert.Equal(1, proxy.Broken);
    }

    [SkippableFact]
    public async Task AStreamThatBreaksOffEachTimeIsAnErrorAndNoPoints()
    {
        await using var server = await StartAsync();
        await using var proxy = new BreakingProxy(server.BackupPort);
        await using var native = Open(server, $"127.0.0.1:{proxy.Port}");
        var group = Assert.Single(await native.PlanAsync(await native.DescribeAsync(default), Scope.All, default));
        proxy.Break(times: int.MaxValue, after: 20_000);

        var events = new List<SliceEvent>();
        var error = await Assert.ThrowsAsync<TsBackupException>(async () =>
        {
            await foreach (var step in native.ReadAsync(group, default))
                events.Add(step);
        });

        Assert.Equal(ErrorId.StoreReplyTruncated, error.Id);
        Assert.Empty(events);
        Assert.Equal(2, proxy.Broken);
    }

    private static async Task<InfluxDbServer> StartAsync()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var server = await InfluxDbServer.StartAsync();
        await server.QueryAsync("CREATE DATABASE \"telemetry\"");
        var lines = new StringBuilder();
        for (var i = 0; i < 20_000; i++)
            lines.Append(CultureInfo.InvariantCulture, $"cpu,host=h{i % 7} a={i * 0.37},b={i * 7919 % 10_007}i {Start + (i * 1_000_000_000L)}\n");
        await server.WriteAsync("telemetry", lines.ToString());
        return server;
    }

    private static InfluxDbConnector Open(InfluxDbServer server, string snapshot) => new(
        StoreAddress.Parse($"{server.StoreUri("telemetry")}?snapshot={snapshot}"), new ConnectorOptions { Attempts = 2 });

    /// <summary>Stands before the snapshot port and breaks off replies to requests for shards.</summary>
    private sealed class BreakingProxy : IAsyncDisposable
    {
        private const byte ShardBackup = 0;
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _serving;
        private int _times;
        private int _after;
        private int _broken;

        public BreakingProxy(int server)
        {
            _listener.Start();
            _serving = ServeAsync(server);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        /// <summary>Replies that were broken off.</summary>
        public int Broken => Volatile.Read(ref _broken);

        public void Break(int times, int after) => (_times, _after) = (times, after);

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _serving;
        }

        private async Task ServeAsync(int server)
        {
            var open = new List<Task>();
            try
            {
                while (true)
                    open.Add(ServeAsync(await _listener.AcceptTcpClientAsync(), server));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                await Task.WhenAll(open);
            }
        }

        private async Task ServeAsync(TcpClient client, int server)
        {
            using var front = client;
            using var behind = new TcpClient();
            try
            {
                await behind.ConnectAsync(IPAddress.Loopback, server);
                var request = new byte[4096];
                var length = await front.GetStream().ReadAtLeastAsync(request, 10, throwOnEndOfStream: false);
                await behind.GetStream().WriteAsync(request.AsMemory(0, length));
                var breaks = request[1] == ShardBackup && Interlocked.Decrement(ref _times) >= 0;
                if (breaks)
                    Interlocked.Increment(ref _broken);
                await PassAsync(behind.GetStream(), front.GetStream(), breaks ? _after : long.MaxValue);
                front.Client.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // Either side has gone away, which is what these tests do.
                front.Close();
            }
        }

        private static async Task PassAsync(NetworkStream from, NetworkStream to, long most)
        {
            var buffer = new byte[4096];
            while (most > 0)
            {
                var read = await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, most)));
                if (read == 0)
                    return;
                await to.WriteAsync(buffer.AsMemory(0, read));
                most -= read;
            }
        }
    }
}
