using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>
/// Speaks to a server's snapshot port (services/snapshotter of InfluxDB 1.6 to 1.12): one request per connection, no credentials, no
/// TLS, and no word of failure but a connection that closes early.
/// </summary>
internal sealed class SnapshotPort(string host, int port, ConnectorOptions options)
{
    private const ulong MetaMagic = 0x59590101;
    private const long MaxMetaSize = 1L << 28;
    private const int SendBuffer = 256 << 10;

    /// <summary>How often a busy shard is asked for, over some 16 seconds.</summary>
    public int BusyTries { get; init; } = 10;

    /// <summary>Name for messages.</summary>
    public string Target { get; } = $"{host}:{port}";

    /// <summary>True when nobody on the way can listen or ask.</summary>
    public bool IsLoopback => host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    /// <summary>Reads the metadata.</summary>
    public async Task<MetaData> ReadMetaAsync(CancellationToken cancellation)
    {
        using var connection = await SendAsync(new SnapshotRequest(SnapshotRequestType.MetastoreBackup).ToBytes(), cancellation).ConfigureAwait(false);
        var stream = connection.GetStream();
        var head = new byte[16];
        await ReadExactlyAsync(stream, head, "metadata", cancellation).ConfigureAwait(false);
        var length = BinaryPrimitives.ReadUInt64BigEndian(head.AsSpan(8));
        if (BinaryPrimitives.ReadUInt64BigEndian(head) != MetaMagic || length > MaxMetaSize)
            throw Invalid("sends no metadata");
        var data = new byte[length];
        await ReadExactlyAsync(stream, data, "metadata", cancellation).ConfigureAwait(false);
        try
        {
            return MetaReader.Read(data);
        }
        catch (TsmDamage damage)
        {
            throw Invalid($"sends metadata that cannot be read: {damage.Message}", damage);
        }
    }

    /// <summary>
    /// Makes the server put everything it has acknowledged for a shard into files; false when it stays busy. From 1.8 on a backup
    /// goes on without the newest points when the server is busy, and does not say so; an export, here of no time at all, fails.
    /// </summary>
    public async Task<bool> FlushAsync(ulong shard, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            using (var connection = await SendAsync(
                new SnapshotRequest(SnapshotRequestType.ShardExport) { Shard = shard, ExportTime = long.MinValue }.ToBytes(), cancellation).ConfigureAwait(false))
            {
                if (await ReadAsync(connection.GetStream(), new byte[512], cancellation).ConfigureAwait(false) > 0)
                    return true;
            }
            if (attempt == BusyTries)
                return false;
            await Task.Delay(TimeSpan.FromMilliseconds(50 * (1 << Math.Min(attempt, 6))), options.Clock, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Fetches all files of a shard, with all that was acknowledged before the call.</summary>
    /// <param name="shard">Its number.</param>
    /// <param name="folder">Database, policy and number, as the names of its files start.</param>
    /// <param name="budget">Memory to be used.</param>
    /// <param name="cancellation">Stops.</param>
    public async Task<SpooledShard> FetchAsync(ulong shard, string folder, SpoolBudget budget, CancellationToken cancellation)
    {
        if (!await FlushAsync(shard, cancellation).ConfigureAwait(false))
        {
            throw new TsBackupException(
                ErrorId.StoreBusy,
                $"{Target} does not hand out shard {shard}: it is busy writing it, or has none of that number.",
                Target,
                "Try again later, or read over HTTP with ?snapshot=off.");
        }
        using var connection = await SendAsync(
            new SnapshotRequest(SnapshotRequestType.ShardBackup) { Shard = shard }.ToBytes(), cancellation).ConfigureAwait(false);
        var spooled = new SpooledShard(budget);
        try
        {
            var tar = Tar(connection);
            while (await tar.NextAsync(cancellation).ConfigureAwait(false) is { } entry)
            {
                if (!entry.Name.StartsWith(folder + "/", StringComparison.Ordinal))
                    throw Invalid($"was asked for shard {shard} and sends '{entry.Name}'");
                if (entry.IsFile && !await spooled.AddAsync(entry, tar, cancellation).ConfigureAwait(false))
                    break;
            }
            return tar.IsComplete ? spooled : throw Truncated($"shard {shard}");
        }
        catch (Exception error)
        {
            spooled.Dispose();
            if (error is TsmDamage)
                throw Invalid($"sends a stream for shard {shard} that cannot be read: {error.Message}", error);
            throw;
        }
    }

    /// <summary>The first file of a shard that was changed after a time (ns); null when there is none.</summary>
    public async Task<TarEntry?> FirstChangedAsync(ulong shard, long since, CancellationToken cancellation)
    {
        using var connection = await SendAsync(
            new SnapshotRequest(SnapshotRequestType.ShardBackup) { Shard = shard, Since = since }.ToBytes(), cancellation).ConfigureAwait(false);
        var tar = Tar(connection);
        try
        {
            var entry = await tar.NextAsync(cancellation).ConfigureAwait(false);
            return entry is not null || tar.IsComplete ? entry : throw Truncated($"shard {shard}");
        }
        catch (TsmDamage error)
        {
            throw Truncated($"shard {shard}", error);
        }
    }

    /// <summary>
    /// Puts files into a shard, all or none, which the server then opens anew, and waits until it has done so. The port does not say
    /// whether that went well. Meanwhile the shard takes no writes.
    /// </summary>
    /// <param name="shard">Its number.</param>
    /// <param name="files">The files, with their names that start with database, policy and number.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="TsBackupException">StoreUnreachable, StoreConnectionLost, StoreTimeout.</exception>
    public async Task UploadAsync(ulong shard, IReadOnlyList<(string Name, UploadFile File)> files, CancellationToken cancellation)
    {
        using var connection = await SendAsync(SnapshotRequest.Upload(shard), cancellation).ConfigureAwait(false);
        var stream = connection.GetStream();
        connection.SendTimeout = (int)Math.Min(int.MaxValue, options.Timeout.TotalMilliseconds);
        using (cancellation.UnsafeRegister(static client => ((TcpClient)client!).Dispose(), connection))
        {
            try
            {
                await Task.Run(() => Write(stream, files, cancellation), cancellation).ConfigureAwait(false);
                connection.Client.Shutdown(SocketShutdown.Send);
            }
            catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
            {
                cancellation.ThrowIfCancellationRequested();
                throw new TsBackupException(
                    ErrorId.StoreConnectionLost, $"The snapshot port {Target} closed the connection while shard {shard} was sent.", Target, inner: error);
            }
        }
        while (await ReadAsync(stream, new byte[256], cancellation).ConfigureAwait(false) > 0)
            cancellation.ThrowIfCancellationRequested();
    }

    private void Write(NetworkStream stream, IReadOnlyList<(string Name, UploadFile File)> files, CancellationToken cancellation)
    {
        var buffered = new BufferedStream(stream, SendBuffer);
        foreach (var (name, file) in files)
        {
            buffered.Write(TarHeader.Of(name, file.Size, options.Clock.GetUtcNow().ToUnixTimeSeconds()));
            file.WriteTo(buffered, cancellation);
            buffered.Write(new byte[TarHeader.Padding(file.Size)]);
        }
        buffered.Write(TarHeader.End);
        buffered.Flush();
    }

    /// <summary>Connects and sends.</summary>
    /// <exception cref="TsBackupException">StoreUnreachable.</exception>
    public async Task<TcpClient> SendAsync(ReadOnlyMemory<byte> request, CancellationToken cancellation)
    {
        var client = new TcpClient { NoDelay = true, ReceiveBufferSize = 1 << 20, LingerState = new LingerOption(true, 0) };
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(TimeSpan.FromSeconds(10));
            await client.ConnectAsync(host.Trim('[', ']'), port, limit.Token).ConfigureAwait(false);
            await client.GetStream().WriteAsync(request, limit.Token).ConfigureAwait(false);
            return client;
        }
        catch (Exception error) when (error is SocketException or IOException or OperationCanceledException)
        {
            client.Dispose();
            cancellation.ThrowIfCancellationRequested();
            throw new TsBackupException(
                ErrorId.StoreUnreachable,
                $"The snapshot port {Target} does not answer.",
                Target,
                "Check the bind-address of the server's configuration, or read over HTTP with ?snapshot=off.",
                error);
        }
    }

    /// <summary>Something was not sent to its end.</summary>
    public TsBackupException Truncated(string what, Exception? inner = null) =>
        new(ErrorId.StoreReplyTruncated, $"The snapshot port {Target} closed the connection before the end of {what}.", Target, inner: inner);

    private TarStreamReader Tar(TcpClient connection)
    {
        var stream = connection.GetStream();
        return new TarStreamReader((target, cancellation) => ReadAsync(stream, target, cancellation));
    }

    private async Task ReadExactlyAsync(NetworkStream stream, Memory<byte> target, string what, CancellationToken cancellation)
    {
        while (!target.IsEmpty)
        {
            var count = await ReadAsync(stream, target, cancellation).ConfigureAwait(false);
            if (count == 0)
                throw Truncated(what);
            target = target[count..];
        }
    }

    /// <summary>Reads; a connection that is torn down counts as closed. Gives up after the time allowed for a request.</summary>
    private async ValueTask<int> ReadAsync(NetworkStream stream, Memory<byte> target, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(options.Timeout);
        try
        {
            return await stream.ReadAsync(target, limit.Token).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return 0;
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new TsBackupException(ErrorId.StoreTimeout, $"The snapshot port {Target} does not reply.", Target, inner: error);
        }
    }

    private TsBackupException Invalid(string fact, Exception? inner = null) => new(
        ErrorId.StoreReplyInvalid, $"The snapshot port {Target} {fact}.", Target, "Check that it is the port of this InfluxDB 1.x server.", inner);
}
