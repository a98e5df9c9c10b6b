using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TsBackup.TestServers;

/// <summary>
/// Stands between a client and a real server and makes the faults that a real server gives too seldom. Without a fault it passes
/// everything on. A fault is taken by the next connection that carries a request; several wait in a row.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly LoopbackListener _listener;
    private readonly Queue<Fault> _faults = new();
    private readonly Lock _lock = new();
    private readonly int _serverPort;
    private Func<string, bool> _when = static _ => true;

    private FaultProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener = new LoopbackListener(ServeAsync);
    }

    /// <summary>The port to connect to.</summary>
    public int Port => _listener.Port;

    /// <summary>Faults that have been made.</summary>
    public int Made { get; private set; }

    /// <summary>Requests that were seen.</summary>
    public int Requests { get; private set; }

    /// <summary>Bytes of the last reply that were passed on, head included.</summary>
    public long LastReplyLength { get; private set; }

    /// <summary>Starts a proxy before a server on loopback.</summary>
    public static FaultProxy Start(int serverPort) => new(serverPort);

    /// <summary>Adds faults for the next requests, in order.</summary>
    public void Add(params Fault[] faults)
    {
        lock (_lock)
        {
            foreach (var fault in faults)
                _faults.Enqueue(fault);
        }
    }

    /// <summary>Makes faults wait for requests whose head and first bytes contain a text, such as <c>/write</c>.</summary>
    public void Only(string text) => _when = request => request.Contains(text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(TcpClient client, CancellationToken stop)
    {
        // One request a connection ("Connection: close" is put into each), so that a fault meets the request it is meant for.
        var stream = client.GetStream();
        var request = await ReadRequestAsync(stream, stop);
        if (request.Length > 0)
            await AnswerAsync(client, stream, request, stop);
    }

    private async Task AnswerAsync(TcpClient client, NetworkStream stream, byte[] request, CancellationToken stop)
    {
        var fault = TakeFault(request);
        switch (fault)
        {
            case Fault.Refuse:
                Reset(client);
                return;
            case Fault.HalfOpen:
                await Task.Delay(Timeout.Infinite, stop);
                return;
            case Fault.Answer answer:
                await stream.WriteAsync(Encoding.UTF8.GetBytes(Reply(answer)), stop);
                return;
            case Fault.Delay delay:
                await Task.Delay(delay.Pause, stop);
                break;
            default:
                break;
        }
        using var server = new TcpClient();
        await server.ConnectAsync(IPAddress.Loopback, _serverPort, stop);
        var upstream = server.GetStream();
        if (fault is Fault.CutRequest cut && cut.Bytes < request.Length)
        {
            await upstream.WriteAsync(request.AsMemory(0, (int)cut.Bytes), stop);
            Reset(client);
            return;
        }
        await upstream.WriteAsync(request, stop);
        await PassReplyAsync(client, upstream, stream, fault, stop);
    }

    private async Task PassReplyAsync(TcpClient client, NetworkStream from, NetworkStream to, Fault? fault, CancellationToken stop)
    {
        var buffer = new byte[64 * 1024];
        long passed = 0;
        int read;
        while ((read = await from.ReadAsync(buffer, stop)) > 0)
        {
            if (fault is Fault.Corrupt corrupt && corrupt.Offset >= passed && corrupt.Offset < passed + read)
                buffer[corrupt.Offset - passed] ^= 0xff;
            if (fault is Fault.CutReply cut && passed + read >= cut.Bytes)
            {
                await to.WriteAsync(buffer.AsMemory(0, (int)(cut.Bytes - passed)), stop);
                // In order, as a server that ends does it: only the missing end of the body tells.
                client.Client.Shutdown(SocketShutdown.Both);
                return;
            }
            passed += read;
            LastReplyLength = passed;
            await to.WriteAsync(buffer.AsMemory(0, read), stop);
        }
    }

    private Fault? TakeFault(byte[] request)
    {
        var text = Encoding.Latin1.GetString(request, 0, Math.Min(request.Length, 4096));
        lock (_lock)
        {
            Requests++;
            if (!_when(text) || !_faults.TryDequeue(out var fault))
                return null;
            Made++;
            return fault;
        }
    }

    private async Task<byte[]> ReadRequestAsync(NetworkStream stream, CancellationToken stop)
    {
        using var request = new MemoryStream();
        var buffer = new byte[64 * 1024];
        var length = -1L;
        while (length < 0 || request.Length < length)
        {
            var read = await stream.ReadAsync(buffer, stop);
            if (read == 0)
                return [];
            request.Write(buffer, 0, read);
            var head = length < 0 ? request.GetBuffer().AsSpan(0, (int)request.Length).IndexOf("\r\n\r\n"u8) : -1;
            if (head >= 0)
                length = head + 4 + ContentLength(Encoding.Latin1.GetString(request.GetBuffer(), 0, head));
        }
        return CloseAfter(request.ToArray());
    }

    private static byte[] CloseAfter(byte[] request)
    {
        var firstLine = request.AsSpan().IndexOf("\r\n"u8) + 2;
        return [.. request.AsSpan(0, firstLine), .. "Connection: close\r\n"u8, .. request.AsSpan(firstLine)];
    }

    private static long ContentLength(string head)
    {
        foreach (var line in head.Split("\r\n"))
        {
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                return long.Parse(line[15..].Trim(), CultureInfo.InvariantCulture);
        }
        return 0;
    }

    private static string Reply(Fault.Answer answer) => string.Create(
        CultureInfo.InvariantCulture,
        $"HTTP/1.1 {answer.Status} Fault\r\nConnection: close\r\nContent-Length: {Encoding.UTF8.GetByteCount(answer.Body)}\r\n{(answer.Header.Length == 0 ? "" : answer.Header + "\r\n")}\r\n{answer.Body}");

    private static void Reset(TcpClient client)
    {
        client.Client.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Close();
    }
}
