using System.IO.Compression;
using System.Net.Http.Headers;
using System.Runtime.ExceptionServices;
using TsBackup.Connectors.Http;
using TsBackup.Errors;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.Signing;
using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// Calls operations of an instance: signs requests, verifies replies, tries again by the service's codes. May be used from several
/// threads.
/// </summary>
internal sealed class TablestoreClient : IDisposable
{
    private const int MaxReply = 64 << 20;
    private const int LeastToCompress = 1024;
    private readonly HttpStoreClient _http;
    private readonly ConnectorOptions _options;
    private readonly Redactor _redactor;
    private long _skewTicks;

    public TablestoreClient(TablestoreEndpoint endpoint, ConnectorOptions options)
    {
        Endpoint = endpoint;
        Retry = new RetryPolicy(options);
        _options = options;
        _http = new HttpStoreClient(endpoint.BaseAddress, endpoint.Address.ToString(), options);
        _redactor = new Redactor(endpoint.Credentials.AccessKeySecret, endpoint.Credentials.SecurityToken);
    }

    /// <summary>Where the store is.</summary>
    public TablestoreEndpoint Endpoint { get; }

    /// <summary>When to try again.</summary>
    public RetryPolicy Retry { get; }

    /// <summary>The service's clock, as its last reply showed it.</summary>
    public DateTimeOffset ServiceTime => Now + TimeSpan.FromTicks(Interlocked.Read(ref _skewTicks));

    /// <summary>Our clock.</summary>
    public DateTimeOffset Now => _options.Clock.GetUtcNow();

    /// <summary>Carries out an operation.</summary>
    /// <param name="operation">Its name.</param>
    /// <param name="request">The request.</param>
    /// <param name="table">The table concerned, for messages; null for none.</param>
    /// <param name="cancellation">Stops.</param>
    /// <param name="canRepeat">True when doing it twice does no harm; reads never do.</param>
    /// <exception cref="TsBackupException">It failed for good.</exception>
    public async Task<T> CallAsync<T>(
        string operation, Message request, string? table, CancellationToken cancellation, bool canRepeat = false)
        where T : Message, new()
    {
        canRepeat |= OperationNames.IsRead(operation);
        var body = request.Serialize();
        var started = _options.Clock.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            TsBackupException error;
            try
            {
                return await SendAsync<T>(operation, body, table, canRepeat, cancellation).ConfigureAwait(false);
            }
            catch (TsBackupException e)
            {
                error = e;
            }
            if (Retry.PauseAfter(error, tries, _options.Clock.GetElapsedTime(started), canRepeat) is not { } pause)
                ExceptionDispatchInfo.Throw(error);
            else
                await WaitAsync(error.Message, pause, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Waits before another try and says so in the log.</summary>
    public Task WaitAsync(string reason, TimeSpan pause, CancellationToken cancellation)
    {
        _options.Log?.Invoke($"{reason} Trying again in {pause.TotalSeconds:0.0} s.");
        return Task.Delay(pause, _options.Clock, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private Task<T> SendAsync<T>(
        string operation, ReadOnlyMemory<byte> body, string? table, bool canRepeat, CancellationToken cancellation)
        where T : Message, new()
    {
        int? rawSize = null;
        if (Endpoint.Compress && body.Length >= LeastToCompress)
        {
            rawSize = body.Length;
            body = Deflate(body.Span);
        }
        var call = new HttpCall(HttpMethod.Post, operation)
        {
            Body = body,
            OnlyOnce = !canRepeat,
            Prepare = message => Prepare(message, operation, body.Span, rawSize),
            Judge = failure => Judge(failure, operation, table),
        };
        return _http.ReadAsync(call, async (reply, c) =>
        {
            var bytes = await reply.Body.ReadAllAsync(MaxReply, c, reply.Length).ConfigureAwait(false);
            return Read<T>(operation, HeadersOf(reply.Headers), bytes);
        }, cancellation);
    }

    private void Prepare(HttpRequestMessage message, string operation, ReadOnlySpan<byte> body, int? rawSize)
    {
        message.Content!.Headers.ContentType = null;
        var headers = RequestSigner.MakeHeaders(
            operation, Endpoint.Instance, body, Endpoint.Credentials, Now, rawSize, Endpoint.Compress);
        foreach (var (name, value) in headers)
            message.Headers.TryAddWithoutValidation(name, value);
    }

    private T Read<T>(string operation, Dictionary<string, string> headers, byte[] body)
        where T : Message, new()
    {
        try
        {
            Verify(operation, null, headers, body);
            NoteClock(headers);
            return Message.Parse<T>(Inflate(headers, body));
        }
        catch (TablestoreProtocolException e)
        {
            throw TablestoreErrors.From(e, $"The reply to {operation}", Endpoint.Address);
        }
        catch (InvalidDataException e)
        {
            throw new TsBackupException(
                ErrorId.StoreReplyInvalid, $"The reply to {operation} cannot be inflated.", Endpoint.Address.ToString(), inner: e);
        }
    }

    private void Verify(string operation, string? errorCode, Dictionary<string, string> headers, ReadOnlySpan<byte> body)
    {
        if (Endpoint.Verify)
            ResponseVerifier.Verify(operation, errorCode is null, errorCode, headers, body, Endpoint.Credentials, Now);
    }

    private HttpVerdict? Judge(HttpFailure failure, string operation, string? table)
    {
        var headers = HeadersOf(failure.Headers);
        if (failure.Status is 301 or 302 or 307 or 308)
        {
            return new HttpVerdict(
                new TsBackupException(
                    ErrorId.StoreNotFound,
                    $"{Endpoint.Address} has moved to another endpoint.",
                    Endpoint.Address.ToString(),
                    "Check the region in the address."),
                Retry: false);
        }
        // Without a request id the reply comes from a server in front of the service, whose status is all there is.
        if (!headers.ContainsKey(HeaderNames.RequestId))
            return null;
        try
        {
            var error = Message.Parse<ErrorMessage>(failure.Body);
            Verify(operation, error.Code, headers, failure.Body);
            NoteClock(headers);
            var skew = TimeSpan.FromTicks(Interlocked.Read(ref _skewTicks));
            var text = new ErrorMessage { Code = error.Code, Text = _redactor.Clean(error.Text ?? ""), AccessDenied = error.AccessDenied };
            return new HttpVerdict(TablestoreErrors.From(operation, table, Endpoint.Address, text, skew), Retry: false);
        }
        catch (TablestoreProtocolException e)
        {
            // A server error with a body of another kind is judged by its status.
            return failure.Status >= 500 && e.Fault == ProtocolFault.Malformed
                ? null
                : new HttpVerdict(TablestoreErrors.From(e, $"The reply to {operation}", Endpoint.Address), Retry: false);
        }
    }

    private void NoteClock(Dictionary<string, string> headers)
    {
        if (ResponseVerifier.DateOf(headers) is { } date)
            Interlocked.Exchange(ref _skewTicks, (date - Now).Ticks);
    }

    private static Dictionary<string, string> HeadersOf(HttpResponseHeaders headers)
    {
        var byName = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in headers.NonValidated)
            byName[name.ToLowerInvariant()] = values.ToString();
        return byName;
    }

    private static byte[] Deflate(ReadOnlySpan<byte> body)
    {
        using var packed = new MemoryStream((body.Length / 4) + 64);
        using (var deflate = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            deflate.Write(body);
        return packed.ToArray();
    }

    private static byte[] Inflate(Dictionary<string, string> headers, byte[] body)
    {
        if (!headers.TryGetValue(HeaderNames.ResponseCompressType, out var type))
            return body;
        if (type != "deflate")
            throw TablestoreProtocolException.Malformed($"The reply is compressed with the unknown method {type}.");
        using var raw = new ZLibStream(new MemoryStream(body), CompressionMode.Decompress);
        using var all = new MemoryStream(body.Length * 3);
        var buffer = new byte[32 * 1024];
        int read;
        while ((read = raw.Read(buffer)) > 0)
        {
            all.Write(buffer, 0, read);
            if (all.Length > MaxReply)
                throw TablestoreProtocolException.Malformed($"The reply inflates to more than {MaxReply} bytes.");
        }
        return all.ToArray();
    }
}
