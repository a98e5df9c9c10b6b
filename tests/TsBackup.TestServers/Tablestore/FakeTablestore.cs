using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.Signing;

namespace TsBackup.TestServers.Tablestore;

/// <summary>
/// A Tablestore instance over loopback: nobody outside the vendor has the real one. It checks signatures, clocks, names, sizes and
/// options as the documentation says, keeps versions and time to live, cuts pages, refuses single rows of a batch, and makes the
/// trouble that <see cref="Fail"/> orders. The official JavaScript client is run against it to check it from outside.
/// </summary>
public sealed class FakeTablestore : IAsyncDisposable
{
    private readonly LoopbackHttpServer _http;
    private readonly FakeDispatch _dispatch;
    private readonly List<(FakeFault Fault, int[] State)> _faults = [];
    private readonly ConcurrentDictionary<(string Operation, string? Table), bool> _denied = [];
    private readonly ConcurrentDictionary<string, int> _calls = [];
    private readonly Queue<DateTimeOffset> _metadataCalls = [];
    private readonly Credentials _key;

    /// <summary>Starts a server on a free port.</summary>
    public FakeTablestore(TimeProvider? clock = null, string? securityToken = null)
    {
        Clock = clock ?? TimeProvider.System;
        _key = new Credentials(AccessKeyId, AccessKeySecret, string.IsNullOrEmpty(securityToken) ? null : securityToken);
        _dispatch = new FakeDispatch(this);
        _http = new LoopbackHttpServer(HandleAsync);
    }

    /// <summary>The access key it knows.</summary>
    public static string AccessKeyId => "fakeAccessKeyId";

    /// <summary>The secret of that key.</summary>
    public static string AccessKeySecret => "fakeAccessKeySecret";

    /// <summary>The instance it is.</summary>
    public static string InstanceName => "fakeinst";

    /// <summary>Port on loopback.</summary>
    public int Port => _http.Port;

    /// <summary>Endpoint as the official clients take it.</summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    /// <summary>The server's clock.</summary>
    public TimeProvider Clock { get; set; }

    /// <summary>Rows per page at most.</summary>
    public int PageRows { get; set; } = 5000;

    /// <summary>Bytes per page at most, about.</summary>
    public int PageBytes { get; set; } = 4 << 20;

    /// <summary>Bytes of one row that a reply takes; a larger row comes without its last columns and with a token.</summary>
    public int ReplyRowBytes { get; set; } = 4 << 20;

    /// <summary>Bytes per split that ComputeSplitPointsBySize answers with; 0 = what is asked for.</summary>
    public long SplitBytes { get; set; }

    /// <summary>True when the first splits of a table stay, however its rows change.</summary>
    public bool KeepsSplits { get; set; }

    /// <summary>Bytes a row change may have.</summary>
    public int MaxRowBytes { get; set; } = 4 << 20;

    /// <summary>Time for which a fresh table answers "not ready".</summary>
    public TimeSpan ReadyDelay { get; set; }

    /// <summary>Least time between two UpdateTable of a table.</summary>
    public TimeSpan UpdateInterval { get; set; }

    /// <summary>Operations on tables per second; 0 = any number.</summary>
    public int MetadataPerSecond { get; set; }

    /// <summary>Waits before every reply.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>Difference of the dates in replies from <see cref="Clock"/>.</summary>
    public TimeSpan ReplySkew { get; set; }

    /// <summary>Time spent within operations, for profiles.</summary>
    public TimeSpan Busy => TimeSpan.FromTicks(Interlocked.Read(ref _busyTicks));

    private long _busyTicks;

    /// <summary>Makes trouble.</summary>
    public void Fail(FakeFault fault)
    {
        lock (_faults)
            _faults.Add((fault, [fault.After, fault.Times]));
    }

    /// <summary>Takes a right away: of an operation, on a table or (null) on all.</summary>
    public void Deny(string operation, string? table) => _denied[(operation, table)] = true;

    /// <summary>How often an operation was called.</summary>
    public int Calls(string operation) => _calls.GetValueOrDefault(operation);

    /// <summary>Makes a table of two key columns and eight others, and fills it.</summary>
    public void Fill(string table, int rows) => FakeFilling.Fill(_dispatch, table, rows);

    /// <summary>Drops a table at once.</summary>
    public void DropTable(string name) => _dispatch.Instance.Tables.TryRemove(name, out _);

    /// <summary>Rows of a table, without regard to time to live.</summary>
    public int RowCount(string table) => _dispatch.Instance.Table(table).Sorted.Length;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _http.DisposeAsync();

    private async Task<LoopbackReply> HandleAsync(LoopbackRequest request)
    {
        if (Latency > TimeSpan.Zero)
            await Task.Delay(Latency);
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        try
        {
            return Handle(request);
        }
        finally
        {
            Interlocked.Add(ref _busyTicks, System.Diagnostics.Stopwatch.GetElapsedTime(started).Ticks);
        }
    }

    private LoopbackReply Handle(LoopbackRequest request)
    {
        var operation = request.Path.TrimStart('/');
        _calls.AddOrUpdate(operation, 1, static (_, n) => n + 1);
        try
        {
            Authenticate(operation, request);
            if (request.Body.Length > FakeRules.MaxBody)
                throw new FakeError(413, ErrorCodes.BodyTooLarge, "The size of the request exceeds the limit.");
            var body = Inflate(request);
            var table = FakeDispatch.TableOf(operation, body);
            CheckRate(operation);
            CheckRight(operation, table);
            var fault = NextFault(operation, table);
            fault?.Action?.Invoke();
            if (fault?.Kind == FakeFaultKind.Error)
                throw new FakeError(fault.Status, fault.Code, fault.Message);
            if (fault?.Kind == FakeFaultKind.FrontServer)
                return new LoopbackReply(502, new Dictionary<string, string>(), "<html>Bad Gateway</html>"u8.ToArray());
            var reply = _dispatch.Run(operation, body, fault);
            if (fault?.Kind == FakeFaultKind.ErrorAfterwards)
                throw new FakeError(fault.Status, fault.Code, fault.Message);
            return Sign(operation, request, 200, reply.Serialize(), fault);
        }
        catch (FakeError e)
        {
            return Sign(operation, request, e.Status, e.ToMessage().Serialize(), null);
        }
        catch (TablestoreProtocolException e)
        {
            return Sign(operation, request, 400, FakeError.Invalid(e.Message).ToMessage().Serialize(), null);
        }
    }

    private void Authenticate(string operation, LoopbackRequest request)
    {
        string Header(string name) => request.Headers.GetValueOrDefault(name) ?? throw FakeError.Invalid($"Missing header: {name}.");
        if (Header(HeaderNames.InstanceName) != InstanceName)
            throw new FakeError(404, ErrorCodes.ObjectNotExist, "Instance not found.");
        if (Header(HeaderNames.AccessKeyId) != AccessKeyId)
            throw new FakeError(403, ErrorCodes.AuthFailed, "The AccessKeyID does not exist.");
        if (request.Headers.GetValueOrDefault(HeaderNames.SecurityToken) != _key.SecurityToken)
            throw new FakeError(403, ErrorCodes.AuthFailed, "The security token is missing or wrong.");
        if (ResponseVerifier.DateOf(request.Headers) is not { } date || (date - Clock.GetUtcNow()).Duration() > ResponseVerifier.MaxSkew)
            throw new FakeError(403, ErrorCodes.AuthFailed, "Mismatch between system time and x-ots-date.");
        if (Header(HeaderNames.ContentMd5) != RequestSigner.ContentMd5(request.Body))
            throw new FakeError(403, ErrorCodes.AuthFailed, "Mismatch between MD5 value of request body and x-ots-contentmd5.");
        var expected = RequestSigner.Sign(RequestSigner.StringToSign(operation, request.Headers), _key.AccessKeySecret);
        if (Header(HeaderNames.Signature) != expected)
            throw new FakeError(403, ErrorCodes.AuthFailed, "Signature mismatch.");
    }

    private void CheckRight(string operation, string? table)
    {
        if (!_denied.ContainsKey((operation, table)) && !_denied.ContainsKey((operation, null)))
            return;
        throw new FakeError(403, ErrorCodes.NoPermission, "You have no permission to access the requested resource.")
        {
            Detail = new AccessDeniedDetail { Action = $"ots:{operation}", NoPermissionType = "ImplicitDeny" },
        };
    }

    private void CheckRate(string operation)
    {
        if (MetadataPerSecond == 0 || !operation.EndsWith("Table", StringComparison.Ordinal))
            return;
        lock (_metadataCalls)
        {
            var now = Clock.GetUtcNow();
            while (_metadataCalls.TryPeek(out var first) && now - first >= TimeSpan.FromSeconds(1))
                _metadataCalls.Dequeue();
            if (_metadataCalls.Count >= MetadataPerSecond)
                throw new FakeError(403, ErrorCodes.QuotaExhausted, ErrorCodes.TooFrequentMessage);
            _metadataCalls.Enqueue(now);
        }
    }

    private FakeFault? NextFault(string operation, string? table)
    {
        lock (_faults)
        {
            foreach (var (fault, state) in _faults)
            {
                if (fault.Operation != operation || (fault.Table is not null && fault.Table != table) || state[1] == 0)
                    continue;
                if (state[0]-- > 0)
                    continue;
                state[0] = 0;
                state[1]--;
                return fault;
            }
            return null;
        }
    }

    private static byte[] Inflate(LoopbackRequest request)
    {
        if (!request.Headers.ContainsKey(HeaderNames.RequestCompressType))
            return request.Body;
        using var packed = new ZLibStream(new MemoryStream(request.Body), CompressionMode.Decompress);
        using var raw = new MemoryStream();
        packed.CopyTo(raw);
        return raw.ToArray();
    }

    private LoopbackReply Sign(string operation, LoopbackRequest request, int status, ReadOnlyMemory<byte> body, FakeFault? fault)
    {
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [HeaderNames.RequestId] = Guid.NewGuid().ToString(),
            [HeaderNames.ContentType] = "protocol buffer",
            [HeaderNames.Date] =
                (Clock.GetUtcNow() + ReplySkew).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        };
        if (request.Headers.ContainsKey(HeaderNames.ResponseCompressType) && status == 200)
        {
            headers[HeaderNames.ResponseCompressType] = "deflate";
            headers[HeaderNames.ResponseCompressSize] = body.Length.ToString(CultureInfo.InvariantCulture);
            using var packed = new MemoryStream();
            using (var deflate = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
                deflate.Write(body.Span);
            body = packed.ToArray();
        }
        headers[HeaderNames.ContentMd5] = RequestSigner.ContentMd5(body.Span);
        var secret = fault?.Kind == FakeFaultKind.ForeignSignature ? "anotherSecret" : AccessKeySecret;
        var signature = RequestSigner.Sign(ResponseVerifier.StringToSign(operation, headers), secret);
        headers["Authorization"] = $"OTS {AccessKeyId}:{signature}";
        if (fault?.Kind == FakeFaultKind.CorruptBody)
        {
            var changed = body.ToArray();
            changed[^1] ^= 0x40;
            body = changed;
        }
        return new LoopbackReply(status, headers, body, fault?.Kind == FakeFaultKind.Cut ? body.Length / 2 : null);
    }
}
