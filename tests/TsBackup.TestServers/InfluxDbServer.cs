using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace TsBackup.TestServers;

/// <summary>
/// A real <c>influxd</c> 1.x on loopback with free ports and a folder of its own, ended with the process that started it. Pester calls
/// it as <c>[TsBackup.TestServers.InfluxDbServer]::StartAsync().Result</c>.
/// </summary>
public sealed class InfluxDbServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);
    private readonly InfluxDbServerOptions _options;
    private readonly bool _ownsFolder;
    private readonly HttpClient _http;
    private GuardedProcess? _process;

    private InfluxDbServer(string executable, InfluxDbServerOptions options)
    {
        Executable = executable;
        _options = options;
        _ownsFolder = options.Folder is null;
        Folder = options.Folder ?? Directory.CreateTempSubdirectory("tsbackup-influxd-").FullName;
        var ports = FreePorts.Take(2);
        HttpPort = ports[0];
        BackupPort = ports[1];
        var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true };
        _http = new HttpClient(handler) { BaseAddress = Endpoint, Timeout = TimeSpan.FromMinutes(5) };
        if (options.AdminUser is { } user)
        {
            var secret = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{options.AdminPassword}"));
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", secret);
        }
    }

    /// <summary>Why no server can be started here; null when one can.</summary>
    public static string? Unavailable => InfluxDbPackage.Executable is null
        ? "influxd is neither on PATH nor can Debian's package 'influxdb' be fetched." : null;

    /// <summary>The program.</summary>
    public string Executable { get; }

    /// <summary>Folder with <c>data</c>, <c>wal</c>, <c>meta</c>, <c>influxdb.conf</c> and <c>influxd.log</c>.</summary>
    public string Folder { get; }

    /// <summary>Port of the HTTP interface.</summary>
    public int HttpPort { get; }

    /// <summary>Port of the backup service (8088 in a usual installation).</summary>
    public int BackupPort { get; }

    /// <summary>Base address of the HTTP interface.</summary>
    public Uri Endpoint => new($"{(_options.Tls ? "https" : "http")}://127.0.0.1:{HttpPort}/");

    /// <summary>The server's certificate, when it speaks HTTPS.</summary>
    public string CertificateFile => Path.Combine(Folder, "influxdb.pem");

    /// <summary>Process id while it runs.</summary>
    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("The server does not run.");

    /// <summary>The store's URI for a database, with the admin's name and password if there is one.</summary>
    /// <param name="database">Name of the database.</param>
    /// <param name="port">Another port, of a proxy; 0 = the server's.</param>
    public string StoreUri(string database, int port = 0)
    {
        var user = _options.AdminUser is { } name ? $"{Uri.EscapeDataString(name)}:{Uri.EscapeDataString(_options.AdminPassword)}@" : "";
        return $"influxdb{(_options.Tls ? "+https" : "")}://{user}127.0.0.1:{(port == 0 ? HttpPort : port)}/{Uri.EscapeDataString(database)}";
    }

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">There is no influxd, or it does not come up; the end of its log is in the message.</exception>
    public static async Task<InfluxDbServer> StartAsync(InfluxDbServerOptions? options = null)
    {
        var server = new InfluxDbServer(
            InfluxDbPackage.Executable ?? throw new InvalidOperationException(Unavailable), options ?? new InfluxDbServerOptions());
        try
        {
            await server.StartProcessAsync();
            if (server._options.AdminUser is { } user)
                await server.QueryAsync($"CREATE USER \"{user}\" WITH PASSWORD '{server._options.AdminPassword}' WITH ALL PRIVILEGES");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again on the same ports with the same data.</summary>
    public Task RestartAsync()
    {
        Stop();
        return StartProcessAsync();
    }

    /// <summary>Ends it in order (SIGTERM).</summary>
    public void Stop()
    {
        _process?.Terminate();
        _process = null;
    }

    /// <summary>Ends it at once (SIGKILL).</summary>
    public void Kill()
    {
        _process?.Kill();
        _process = null;
    }

    /// <summary>Carries out InfluxQL and returns the JSON reply.</summary>
    public async Task<string> QueryAsync(string query, string database = "")
    {
        using var form = new FormUrlEncodedContent([new("q", query), new("db", database), new("epoch", "ns")]);
        using var reply = await _http.PostAsync("query", form);
        var text = await reply.Content.ReadAsStringAsync();
        return reply.IsSuccessStatusCode && !text.Contains("\"error\":", StringComparison.Ordinal)
            ? text
            : throw new InvalidOperationException($"{query}: {text}");
    }

    /// <summary>Writes line protocol with times in ns.</summary>
    public async Task WriteAsync(string database, string lines, string retentionPolicy = "")
    {
        using var body = new StringContent(lines, Encoding.UTF8);
        var policy = retentionPolicy.Length == 0 ? "" : $"&rp={Uri.EscapeDataString(retentionPolicy)}";
        using var reply = await _http.PostAsync($"write?db={Uri.EscapeDataString(database)}{policy}", body);
        if (reply.StatusCode != HttpStatusCode.NoContent)
            throw new InvalidOperationException(await reply.Content.ReadAsStringAsync());
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Kill();
        _http.Dispose();
        if (_ownsFolder)
            Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task StartProcessAsync()
    {
        if (_options.Tls && !File.Exists(CertificateFile))
            SelfSignedCertificate.Write(CertificateFile, Path.Combine(Folder, "influxdb.key"));
        var config = Path.Combine(Folder, "influxdb.conf");
        await File.WriteAllTextAsync(config, InfluxDbConfiguration.Of(this, _options));
        var log = Path.Combine(Folder, "influxd.log");
        _process = GuardedProcess.Start(Executable, ["run", "-config", config], log);
        var since = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var reply = await _http.GetAsync("ping");
                if (reply.StatusCode == HttpStatusCode.NoContent)
                    return;
            }
            catch (HttpRequestException) when (_process.IsRunning && since.Elapsed < StartTime)
            {
                await Task.Delay(30);
                continue;
            }
            catch (HttpRequestException e)
            {
                var tail = File.Exists(log) ? string.Join('\n', File.ReadLines(log).TakeLast(20)) : "";
                throw new InvalidOperationException($"influxd does not come up:\n{tail}", e);
            }
        }
    }
}
