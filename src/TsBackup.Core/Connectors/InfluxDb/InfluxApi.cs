using System.Globalization;
using System.Text;
using System.Text.Json;
using TsBackup.Connectors.Http;
using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>The calls of InfluxDB's HTTP interface that the connector makes. May be used from several threads.</summary>
internal sealed class InfluxApi : IDisposable
{
    private const int MaxJsonReply = 64 << 20;
    private readonly HttpStoreClient _http;

    /// <summary>Makes the client; does not connect.</summary>
    public InfluxApi(StoreAddress address, ConnectorOptions options)
    {
        Database = address.Path;
        Target = address.ToString();
        var port = address.Port > 0 ? address.Port : 8086;
        var scheme = address.Scheme == "influxdb+https" ? "https" : "http";
        var host = address.Host.Contains(':', StringComparison.Ordinal) ? $"[{address.Host.Trim('[', ']')}]" : address.Host;
        _http = new HttpStoreClient(
            new Uri($"{scheme}://{host}:{port}/"),
            Target,
            options,
            HttpCredential.From(address),
            InfluxErrors.Judge);
    }

    /// <summary>Name of the database.</summary>
    public string Database { get; }

    /// <summary>The store's name for messages.</summary>
    public string Target { get; }

    /// <summary>Asks the server for its name and version.</summary>
    public async Task<string> PingAsync(CancellationToken cancellation)
    {
        using var reply = await _http.SendAsync(new HttpCall(HttpMethod.Get, "ping"), cancellation).ConfigureAwait(false);
        var version = reply.Header("X-Influxdb-Version")
            ?? throw new TsBackupException(
                ErrorId.StoreReplyInvalid, $"{Target} is not InfluxDB.", Target, "Check host and port.");
        return $"InfluxDB {version} {reply.Header("X-Influxdb-Build")}".TrimEnd();
    }

    /// <summary>What the server's clock shows, to the second.</summary>
    public async Task<DateTimeOffset> GetTimeAsync(CancellationToken cancellation)
    {
        using var reply = await _http.SendAsync(new HttpCall(HttpMethod.Get, "ping"), cancellation).ConfigureAwait(false);
        return DateTimeOffset.TryParseExact(
            reply.Header("Date"), "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new TsBackupException(ErrorId.StoreReplyInvalid, $"{Target} does not say what time it is.", Target);
    }

    /// <summary>Sends statements whose reply is read as it arrives. The receiver disposes the reply.</summary>
    public Task<HttpReply> OpenQueryAsync(string statements, CancellationToken cancellation) =>
        _http.SendAsync(QueryCall(statements), cancellation);

    /// <summary>Carries out one statement and returns all of its rows, which must be few.</summary>
    /// <exception cref="TsBackupException">The statement was refused.</exception>
    public Task<List<InfluxRow>> QueryAsync(string statement, CancellationToken cancellation) =>
        _http.ReadAsync(QueryCall(statement), RowsAsync, cancellation);

    /// <summary>
    /// The same by way of JSON, for SHOW SUBSCRIPTIONS: the server cannot say its list of destinations in msgpack and sends a broken
    /// reply instead. Values are the JSON elements.
    /// </summary>
    /// <exception cref="TsBackupException">The statement was refused, or the reply is no JSON.</exception>
    public async Task<List<Dictionary<string, JsonElement>>> QueryJsonAsync(string statement, string series, CancellationToken cancellation)
    {
        var call = QueryCall(statement) with { Accept = "application/json" };
        var bytes = await _http.ReadAsync(call, MaxJsonReply, cancellation).ConfigureAwait(false);
        try
        {
            return InfluxJson.Rows(bytes, Target, series);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new TsBackupException(ErrorId.StoreReplyInvalid, $"A reply of {Target} is not the JSON of a query.", Target, inner: e);
        }
    }

    /// <summary>Writes line protocol packed as gzip.</summary>
    /// <returns>Null when all was taken, else the server's words of refusal.</returns>
    public async Task<string?> WriteAsync(string retentionPolicy, ReadOnlyMemory<byte> gzip, CancellationToken cancellation)
    {
        string? refusal = null;
        var policy = retentionPolicy.Length == 0 ? "" : $"&rp={Uri.EscapeDataString(retentionPolicy)}";
        var call = new HttpCall(HttpMethod.Post, $"write?db={Uri.EscapeDataString(Database)}{policy}&precision=ns")
        {
            Body = gzip,
            BodyIsGzip = true,
            ContentType = "text/plain",
            Judge = failure =>
            {
                if (failure.Status is not (400 or 413))
                    return InfluxErrors.Judge(failure);
                refusal = failure.Status == 413 ? "the body is too large" : InfluxErrors.TextOf(failure);
                return new HttpVerdict(
                    new TsBackupException(ErrorId.StoreWriteRejected, $"{Target} refuses points: {refusal}.", Target), Retry: false);
            },
        };
        try
        {
            await _http.ReadAsync(call, HttpErrors.MaxErrorBody, cancellation).ConfigureAwait(false);
            return null;
        }
        catch (TsBackupException e) when (e.Id == ErrorId.StoreWriteRejected && refusal is not null)
        {
            return refusal;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private HttpCall QueryCall(string statements)
    {
        // Chunked also for small replies: max-row-limit cuts the others.
        var form = $"db={Uri.EscapeDataString(Database)}&epoch=ns&chunked=true&chunk_size=10000&q={Escape(statements)}";
        return new HttpCall(HttpMethod.Post, "query")
        {
            Body = Encoding.ASCII.GetBytes(form),
            ContentType = "application/x-www-form-urlencoded",
            Accept = "application/x-msgpack",
        };
    }

    // Uri.EscapeDataString has a limit on some runtimes and is slow on long texts; statements of many tables are long.
    private static string Escape(string text) => System.Net.WebUtility.UrlEncode(text);

    private async Task<List<InfluxRow>> RowsAsync(HttpReply http, CancellationToken cancellation)
    {
        var rows = new List<InfluxRow>();
        var reply = new InfluxReply(http.Body, Target, 1, repeats: true);
        await foreach (var step in reply.ReadAsync(cancellation).ConfigureAwait(false))
        {
            if (step == InfluxReplyEvent.StatementError)
                throw InfluxErrors.FromQuery(Target, reply.Error);
            if (step != InfluxReplyEvent.Rows)
                continue;
            while (reply.TryRow())
                rows.Add(InfluxRow.From(reply));
        }
        return rows;
    }
}
