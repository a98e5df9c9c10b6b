using System.Net;
using System.Net.Security;
using TsBackup.Errors;

namespace TsBackup.Connectors.Http;

/// <summary>
/// The HTTP client of every connector: tries again with growing pauses, limits times, speaks TLS, authenticates, keeps secrets out of
/// errors and logs, and turns everything that goes wrong into <see cref="TsBackupException"/>. May be used from several threads.
/// </summary>
internal sealed class HttpStoreClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly Uri _base;
    private readonly ConnectorOptions _options;
    private readonly HttpCredential? _credential;
    private readonly HttpJudge? _judge;

    /// <summary>Makes a client; does not connect.</summary>
    /// <param name="baseAddress">Scheme, host and port.</param>
    /// <param name="target">The store's name for messages.</param>
    /// <param name="options">Timeouts, tries, TLS, clock, log.</param>
    /// <param name="credential">What to authenticate with; null sends nothing.</param>
    /// <param name="judge">What replies without success mean to the connector; null takes <see cref="HttpErrors.Judge"/>.</param>
    public HttpStoreClient(Uri baseAddress, string target, ConnectorOptions options, HttpCredential? credential = null, HttpJudge? judge = null)
    {
        _base = baseAddress;
        Target = target;
        _options = options;
        _credential = credential;
        _judge = judge;
        _http = new HttpClient(Handler(options)) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("TsBackup");
    }

    /// <summary>The store's name for messages.</summary>
    public string Target { get; }

    /// <summary>Sends a call and returns the reply as soon as its headers are there.</summary>
    /// <exception cref="TsBackupException">No try gave a success.</exception>
    public Task<HttpReply> SendAsync(HttpCall call, CancellationToken cancellation) =>
        TryAsync(call, static (reply, _) => Task.FromResult(reply), disposeReply: false, cancellation);

    /// <summary>Sends a call and reads the reply to its end; a reply that breaks off is tried again.</summary>
    /// <param name="call">The call.</param>
    /// <param name="maxBytes">Longest body that is accepted.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="TsBackupException">No try gave a success.</exception>
    public Task<byte[]> ReadAsync(HttpCall call, int maxBytes, CancellationToken cancellation) =>
        TryAsync(call, (reply, c) => reply.Body.ReadAllAsync(maxBytes, c), disposeReply: true, cancellation);

    /// <summary>Sends a call and lets <paramref name="read"/> take the reply; errors that it meets are tried again when transient.</summary>
    /// <exception cref="TsBackupException">No try gave a success.</exception>
    public Task<T> ReadAsync<T>(HttpCall call, Func<HttpReply, CancellationToken, Task<T>> read, CancellationToken cancellation) =>
        TryAsync(call, read, disposeReply: true, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static SocketsHttpHandler Handler(ConnectorOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = true,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.Timeout < TimeSpan.FromSeconds(30) ? options.Timeout : TimeSpan.FromSeconds(30),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            MaxConnectionsPerServer = 64,
        };
        if (options.AllowUntrustedCertificate)
            handler.SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true };
        return handler;
    }

    private async Task<T> TryAsync<T>(
        HttpCall call, Func<HttpReply, CancellationToken, Task<T>> read, bool disposeReply, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            HttpVerdict verdict;
            TimeSpan? asked = null;
            try
            {
                var reply = await SendOnceAsync(call, cancellation).ConfigureAwait(false);
                try
                {
                    return await read(reply, cancellation).ConfigureAwait(false);
                }
                finally
                {
                    if (disposeReply)
                        reply.Dispose();
                }
            }
            catch (RefusedException refused)
            {
                verdict = refused.Verdict;
                asked = refused.Pause;
            }
            catch (TsBackupException e)
            {
                verdict = new HttpVerdict(e, e.IsTransient && (!call.OnlyOnce || e.Id == ErrorId.StoreUnreachable));
            }
            if (!verdict.Retry || attempt >= _options.Attempts)
                throw Cleaned(verdict.Error);
            var pause = Backoff.Pause(attempt, asked);
            _options.Log?.Invoke($"{Clean(verdict.Error.Message)} Trying again in {pause.TotalSeconds:0.0} s.");
            await Task.Delay(pause, _options.Clock, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<HttpReply> SendOnceAsync(HttpCall call, CancellationToken cancellation)
    {
        var timeout = call.Timeout ?? _options.Timeout;
        using var late = new CancellationTokenSource(timeout, _options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        HttpResponseMessage? message = null;
        try
        {
            using var request = call.ToMessage(_base);
            if (_credential is not null)
                request.Headers.Authorization = _credential.Header;
            call.Prepare?.Invoke(request);
            message = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            var stream = await message.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            var body = new ReplyStream(stream, Target, timeout, _options.Clock);
            if (!message.IsSuccessStatusCode)
                throw await RefusedAsync(call, message, body, either.Token).ConfigureAwait(false);
            var reply = new HttpReply(message, body);
            message = null;
            return reply;
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            // Connecting has a limit of its own, which shows as a cancellation that nobody asked for.
            throw late.IsCancellationRequested
                ? HttpErrors.Timeout(Target, timeout, e)
                : new TsBackupException(
                    ErrorId.StoreUnreachable,
                    $"{Target} cannot be reached: no connection within the time allowed.",
                    Target,
                    "Check that the server runs and that no firewall is between.",
                    e);
        }
        catch (Exception e) when (HttpErrors.FromException(e, Target, afterHeaders: false) is { } error)
        {
            throw error;
        }
        finally
        {
            message?.Dispose();
        }
    }

    private async Task<RefusedException> RefusedAsync(
        HttpCall call, HttpResponseMessage message, ReplyStream body, CancellationToken cancellation)
    {
        var bytes = new byte[HttpErrors.MaxErrorBody];
        var length = 0;
        try
        {
            int read;
            while (length < bytes.Length && (read = await body.ReadAsync(bytes.AsMemory(length), cancellation).ConfigureAwait(false)) > 0)
                length += read;
        }
        catch (TsBackupException e)
        {
            // The status says enough; the reason given with it is just shorter.
            _options.Log?.Invoke(Clean(e.Message));
        }
        var failure = new HttpFailure(Target, (int)message.StatusCode, message.Headers, bytes[..length]);
        var verdict = (call.Judge ?? _judge)?.Invoke(failure) ?? HttpErrors.Judge(failure);
        if (call.OnlyOnce)
            verdict = verdict with { Retry = verdict.Retry && failure.Status is 429 or 503 };
        return new RefusedException(verdict, HttpErrors.RetryAfter(message.Headers, _options.Clock));
    }

    private string Clean(string text) => _credential?.Redactor.Clean(text) ?? text;

    private TsBackupException Cleaned(TsBackupException error)
    {
        var message = Clean(error.Message);
        var hint = error.Hint is { } h ? Clean(h) : null;
        return message == error.Message && hint == error.Hint
            ? error
            : new TsBackupException(error.Id, message, error.Target, hint, error.InnerException);
    }

    private sealed class RefusedException(HttpVerdict verdict, TimeSpan? pause) : Exception
    {
        public HttpVerdict Verdict { get; } = verdict;

        public TimeSpan? Pause { get; } = pause;
    }
}
