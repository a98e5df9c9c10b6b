using System.Net;
using System.Net.Sockets;

namespace TsBackup.TestServers;

/// <summary>
/// Finds ports nobody listens on. They are below those that systems give to outgoing connections, one of which could take a port between
/// its search and its use, or while a server restarts; and none is given twice.
/// </summary>
internal static class FreePorts
{
    private const int First = 15_000;
    private const int Count = 15_000;
    private static readonly Lock s_gate = new();
    private static int s_next = Environment.ProcessId * 97 % Count;

    public static int[] Take(int count)
    {
        lock (s_gate)
        {
            var ports = new List<int>();
            for (var tries = 0; ports.Count < count; tries++)
            {
                if (tries > Count)
                    throw new InvalidOperationException("No port is free.");
                s_next = (s_next + 1) % Count;
                if (IsFree(First + s_next))
                    ports.Add(First + s_next);
            }
            return [.. ports];
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
