using System.Collections.Concurrent;
using System.Text;
using TsBackup.TestServers;
using Xunit;

namespace TsBackup.Tests.Cli;

/// <summary>Which user and password the command line sends, by a server that only listens.</summary>
public sealed class StoreCredentialTests : IAsyncDisposable
{
    private static readonly byte[] s_refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray();
    private readonly ConcurrentQueue<string> _sent = new();
    private readonly LoopbackListener _server;

    public StoreCredentialTests() => _server = new LoopbackListener(async (client, cancellation) =>
    {
        var stream = client.GetStream();
        var buffer = new byte[16 * 1024];
        var read = await stream.ReadAsync(buffer, cancellation);
        _sent.Enqueue(Encoding.ASCII.GetString(buffer, 0, read));
        await stream.WriteAsync(s_refusal, cancellation);
    });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("", "envy", "pw-of-env", "envy:pw-of-env")]
    [InlineData("me@", "envy", "pw-of-env", "me:pw-of-env")]
    [InlineData("me:pw-of-uri@", "envy", "pw-of-env", "me:pw-of-uri")]
    [InlineData("", null, "pw-of-env", null)]
    public async Task TheUriComesBeforeTheEnvironment(string user, string? userVariable, string? passwordVariable, string? expected)
    {
        var environment = new Dictionary<string, string?>
        {
            ["TSBACKUP_STORE_USER"] = userVariable,
            ["TSBACKUP_STORE_PASSWORD"] = passwordVariable,
        };
        (await CommandLine.RunAsync(environment, "inspect", $"influxdb://{user}127.0.0.1:{_server.Port}/db?snapshot=off")).Expect(1);
        var request = Assert.Single(_sent.Take(1));
        if (expected is null)
            Assert.DoesNotContain("Authorization", request, StringComparison.Ordinal);
        else
            Assert.Contains(
                $"Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(expected))}", request, StringComparison.Ordinal);
    }
}
