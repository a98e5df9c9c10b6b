using System.Net;
using System.Net.Sockets;
using TsBackup.TestServers;

namespace TsBackup.Tests.Connectors.InfluxDb.Snapshot;

/// <summary>
/// Stands before the snapshot port and passes bytes on in both directions, but cuts uploads off after their first bytes, and replies to
/// requests for shards where it is told to.
/// </summary>
internal sealed class SnapshotPortProxy : IAsyncDisposable
{
    private const byte ShardBackup = 0;
    private const byte ShardUpdate = 7;
    private const int CutAt = 300;
    private readonly LoopbackListener _listener;
    private readonly Lock _lock = new();
    private int _passes;
    private int _cuts;
    private int _breaks;
    private int _after;

    public SnapshotPortProxy(int server)
    {
        _listener = new LoopbackListener((client, stop) => ServeAsync(client, server, stop));
    }

    public int Port => _listener.Port;

    /// <summary>Uploads that were cut.</summary>
    public int UploadsCut { get; private set; }

    /// <summary>Replies that were broken off.</summary>
    public int RepliesBroken { get; private set; }

    /// <summary>Lets some uploads pass from now on and cuts those that follow.</summary>
    public void CutUploads(int times, int passes = 0)
    {
        lock (_lock)
            (_passes, _cuts) = (passes, times);
    }

    /// <summary>Breaks the next replies that carry a shard off after so many bytes.</summary>
    public void BreakReplies(int times, int after)
    {
        lock (_lock)
            (_breaks, _after) = (times, after);
    }

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(TcpClient front, int server, CancellationToken stop)
    {
        using var behind = new TcpClient();
        await behind.ConnectAsync(IPAddress.Loopback, server, stop);
        var head = new byte[CutAt];
        var length = await front.GetStream().ReadAtLeastAsync(head, 10, throwOnEndOfStream: false, stop);
        if (IsCut(head[1]))
        {
            length += await front.GetStream()
                .ReadAtLeastAsync(head.AsMemory(length), head.Length - length, throwOnEndOfStream: false, stop);
            await behind.GetStream().WriteAsync(head.AsMemory(0, length), stop);
            return;
        }
        await behind.GetStream().WriteAsync(head.AsMemory(0, length), stop);
        var up = PumpAsync(front, behind, long.MaxValue, stop);
        await PumpAsync(behind, front, MostOfReply(head[1]), stop);
        front.Close();
        await up;
    }

    private bool IsCut(byte request)
    {
        lock (_lock)
        {
            var isCut = request == ShardUpdate && _passes-- <= 0 && _cuts-- > 0;
            UploadsCut += isCut ? 1 : 0;
            return isCut;
        }
    }

    private long MostOfReply(byte request)
    {
        lock (_lock)
        {
            if (request != ShardBackup || _breaks-- <= 0)
                return long.MaxValue;
            RepliesBroken++;
            return _after;
        }
    }

    private static async Task PumpAsync(TcpClient from, TcpClient to, long most, CancellationToken stop)
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (most > 0)
            {
                var read = await from.GetStream().ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, most)), stop);
                if (read == 0)
                    break;
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), stop);
                most -= read;
            }
            to.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidOperationException or OperationCanceledException)
        {
            // Either side has gone away, which is what these tests do.
            to.Close();
        }
    }
}
