using System.Text;
using TsBackup.Connectors;
using TsBackup.Connectors.Http;
using TsBackup.Errors;
using TsBackup.Tests.Support;
using TsBackup.TestServers;
using Xunit;

namespace TsBackup.Tests.Connectors.Http;

/// <summary>The HTTP layer against a proxy that answers by itself: no server stands behind it.</summary>
public sealed class HttpStoreClientTests : IAsyncLifetime
{
    private const string Secret = "s3cret/+ \"word\"";
    private readonly FaultProxy _proxy = FaultProxy.Start(1);
    private readonly HastyClock _clock = new();
    private readonly List<string> _log = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _proxy.DisposeAsync();

    [Fact]
    public async Task ASuccessIsReadToItsEnd()
    {
        _proxy.Add(new Fault.Answer(200, "body"));
        using var client = Client();

        Assert.Equal("body", Encoding.UTF8.GetString(await client.ReadAsync(Get, 100, CancellationToken.None)));
    }

    [Fact]
    public async Task PausesGrowAndVary()
    {
        _proxy.Add([.. Enumerable.Repeat(new Fault.Answer(503), 6)]);
        using var client = Client(attempts: 6);

        await Assert.ThrowsAsync<TsBackupException>(() => client.ReadAsync(Get, 100, CancellationToken.None));

        var pauses = _clock.Pauses.Select(pause => pause.TotalMilliseconds).ToArray();
        Assert.Equal(5, pauses.Length);
        for (var i = 0; i < pauses.Length; i++)
            Assert.InRange(pauses[i], 125 * Math.Pow(2, i), 250 * Math.Pow(2, i));
        Assert.Equal(5, _log.Count);
    }

    [Fact]
    public async Task ThePauseThatTheServerAsksForIsKept()
    {
        _proxy.Add(new Fault.Answer(429, "", "Retry-After: 21"), new Fault.Answer(200, "x"));
        using var client = Client();

        await client.ReadAsync(Get, 100, CancellationToken.None);

        Assert.Equal(TimeSpan.FromSeconds(21), Assert.Single(_clock.Pauses));
    }

    [Fact]
    public async Task WhatMustNotBeDoneTwiceIsNotTriedAgain()
    {
        _proxy.Add(new Fault.Answer(500), new Fault.Answer(200));
        using var client = Client();

        await Assert.ThrowsAsync<TsBackupException>(() => client.ReadAsync(Get with { OnlyOnce = true }, 100, CancellationToken.None));

        Assert.Equal(1, _proxy.Made);
    }

    [Fact]
    public async Task AConnectionThatBreaksBeforeTheAnswerIsTriedAgainUnlessOnce()
    {
        _proxy.Add(new Fault.Refuse(), new Fault.Answer(200, "x"), new Fault.Refuse());
        using var client = Client();

        Assert.Single(await client.ReadAsync(Get, 100, CancellationToken.None));
        var error = await Assert.ThrowsAsync<TsBackupException>(
            () => client.ReadAsync(Get with { OnlyOnce = true }, 100, CancellationToken.None));

        Assert.Equal((ErrorId.StoreConnectionLost, 3), (error.Id, _proxy.Made));
    }

    [Fact]
    public async Task AJudgeNamesTheErrorAndWhetherToTryAgain()
    {
        _proxy.Add(new Fault.Answer(409, "odd"), new Fault.Answer(409, "odd"), new Fault.Answer(409, "odd"));
        using var client = Client(attempts: 2);
        var call = Get with
        {
            Judge = failure => new HttpVerdict(new TsBackupException(ErrorId.StoreChanged, $"It says {failure.Text}."), Retry: true),
        };

        var error = await Assert.ThrowsAsync<TsBackupException>(() => client.ReadAsync(call, 100, CancellationToken.None));

        Assert.Equal((ErrorId.StoreChanged, "It says odd.", 2), (error.Id, error.Message, _proxy.Made));
    }

    [Fact]
    public async Task EveryTryIsPreparedAnew()
    {
        _proxy.Add(new Fault.Answer(503), new Fault.Answer(503), new Fault.Answer(200));
        var prepared = 0;
        using var client = Client();

        await client.ReadAsync(Get with { Prepare = _ => prepared++ }, 100, CancellationToken.None);

        Assert.Equal(3, prepared);
    }

    [Fact]
    public async Task SecretsThatTheServerRepeatsDoNotComeThrough()
    {
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"user:{Secret}"));
        var json = Secret.Replace("\"", "\\\"", StringComparison.Ordinal);
        _proxy.Add(new Fault.Answer(400, $"no: {Secret} {Uri.EscapeDataString(Secret)} {basic} {json}"), new Fault.Answer(503, Secret), new Fault.Answer(503, Secret));
        using var client = Client(attempts: 2);

        var first = await Assert.ThrowsAsync<TsBackupException>(() => client.ReadAsync(Get, 100, CancellationToken.None));
        var second = await Assert.ThrowsAsync<TsBackupException>(() => client.ReadAsync(Get, 100, CancellationToken.None));

        foreach (var text in _log.Append(first.ToString()).Append(second.ToString()))
            Assert.DoesNotContain("s3cret", text);
        Assert.DoesNotContain(basic, first.ToString());
        Assert.NotEmpty(_log);
    }

    [Fact]
    public async Task AReplyThatIsTooLongIsRefused()
    {
        _proxy.Add(new Fault.Answer(200, new string('x', 1000)));
        using var client = Client();

        var error = await Assert.ThrowsAsync<TsBackupException>(() => client.ReadAsync(Get, 999, CancellationToken.None));

        Assert.Equal((ErrorId.StoreReplyInvalid, 1), (error.Id, _proxy.Made));
    }

    [Fact]
    public async Task StoppingIsNoError()
    {
        _proxy.Add(new Fault.HalfOpen());
        using var client = Client();
        using var stop = new CancellationTokenSource();
        var call = client.ReadAsync(Get with { Prepare = _ => stop.CancelAfter(50) }, 100, stop.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Theory]
    [InlineData("hello\r\n\r\n")]
    [InlineData("HTTP/9.9 what\r\n\r\n")]
    public async Task WhatIsNoHttpIsToldApart(string answer)
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var peer = await listener.AcceptTcpClientAsync();
            await peer.GetStream().ReadExactlyAsync(new byte[10]);
            await peer.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer));
        });
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        using var client = new HttpStoreClient(new Uri($"http://127.0.0.1:{port}/"), "store", new ConnectorOptions { Attempts = 1 });

        var error = await Assert.ThrowsAsync<TsBackupException>(() => client.ReadAsync(Get, 100, CancellationToken.None));
        await serving;

        Assert.Equal(ErrorId.StoreReplyInvalid, error.Id);
    }

    private static HttpCall Get => new(HttpMethod.Get, "path");

    private HttpStoreClient Client(int attempts = 5) => new(
        new Uri($"http://127.0.0.1:{_proxy.Port}/"),
        "store",
        new ConnectorOptions { Attempts = attempts, Clock = _clock, Log = _log.Add },
        HttpCredential.Basic("user", Secret));
}
