using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace TsBackup.TestServers.Tablestore;

/// <summary>A request as it came in.</summary>
internal sealed record LoopbackRequest(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>A reply to send. With <see cref="Cut"/> the connection ends after that many bytes of the body.</summary>
internal sealed record LoopbackReply(int Status, IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body, int? Cut = null);

/// <summary>Just enough HTTP/1.1 over loopback for one kind of client: POST with Content-Length, kept-alive connections.</summary>
internal sealed class LoopbackHttpServer : IAsyncDisposable
{
    private readonly LoopbackListener _listener;
    private readonly Func<LoopbackRequest, Task<LoopbackReply>> _handle;

    public LoopbackHttpServer(Func<LoopbackRequest, Task<LoopbackReply>> handle)
    {
        _handle = handle;
        _listener = new LoopbackListener(ServeAsync);
    }

    public int Port => _listener.Port;

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(TcpClient client, CancellationToken stop)
    {
        client.NoDelay = true;
        var stream = new BufferedStream(client.GetStream(), 1 << 16);
        while (await ReadAsync(stream, stop) is { } request)
        {
            var reply = await _handle(request);
            var body = reply.Cut is { } cut ? reply.Body[..Math.Min(cut, reply.Body.Length)] : reply.Body;
            await stream.WriteAsync(Head(reply), stop);
            await stream.WriteAsync(body, stop);
            await stream.FlushAsync(stop);
            if (reply.Cut is not null)
                return;
        }
    }

    private static byte[] Head(LoopbackReply reply)
    {
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {reply.Status} Status\r\nContent-Length: {reply.Body.Length}\r\n");
        foreach (var (name, value) in reply.Headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        return Encoding.ASCII.GetBytes(head.Append("\r\n").ToString());
    }

    private static async Task<LoopbackRequest?> ReadAsync(Stream stream, CancellationToken stop)
    {
        if (await ReadLineAsync(stream, stop) is not { Length: > 0 } first)
            return null;
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await ReadLineAsync(stream, stop) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon].ToLowerInvariant()] = line[(colon + 1)..].Trim();
        }
        var length = headers.TryGetValue("content-length", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, stop);
        return new LoopbackRequest(first.Split(' ')[1], headers, body);
    }

    private static async Task<string?> ReadLineAsync(Stream stream, CancellationToken stop)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, stop) == 1)
        {
            if (one[0] == '\n')
                return line.ToString();
            if (one[0] != '\r')
                line.Append((char)one[0]);
        }
        return null;
    }
}
