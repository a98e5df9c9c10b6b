using System.Globalization;
using System.Text;

namespace TsBackup.TestServers;

/// <summary>Writes a server's configuration file.</summary>
internal static class InfluxDbConfiguration
{
    public static string Of(InfluxDbServer server, InfluxDbServerOptions options)
    {
        var sections = new Dictionary<string, List<string>>(StringComparer.Ordinal)
        {
            ["meta"] = [$"dir = {Text(server, "meta")}"],
            ["data"] =
            [
                $"dir = {Text(server, "data")}", $"wal-dir = {Text(server, "wal")}", $"index-version = \"{options.IndexVersion}\"",
                "max-series-per-database = 0", "max-values-per-tag = 0", "cache-snapshot-write-cold-duration = \"1s\"",
            ],
            ["monitor"] = ["store-enabled = false"],
            ["subscriber"] = ["enabled = false"],
            // Machines that run tests are busy; a write that waits is no fault.
            ["coordinator"] = ["write-timeout = \"5m\""],
            ["ifql"] = ["enabled = false"],
            ["http"] =
            [
                string.Create(CultureInfo.InvariantCulture, $"bind-address = \"127.0.0.1:{server.HttpPort}\""),
                "log-enabled = false", $"auth-enabled = {(options.AdminUser is null ? "false" : "true")}",
                $"https-enabled = {(options.Tls ? "true" : "false")}",
            ],
        };
        if (options.Tls)
        {
            sections["http"].Add($"https-certificate = \"{server.CertificateFile}\"");
            sections["http"].Add($"https-private-key = {Text(server, "influxdb.key")}");
        }
        foreach (var (name, lines) in options.Sections)
        {
            if (!sections.TryGetValue(name, out var section))
                sections.Add(name, section = []);
            // A key given twice is an error to the server; the caller's wins.
            var keys = lines.Split('\n').Select(line => line.Split('=')[0].Trim()).ToArray();
            section.RemoveAll(line => keys.Contains(line.Split('=')[0].Trim()));
            section.Add(lines);
        }
        var text = new StringBuilder("reporting-disabled = true\n");
        text.Append(CultureInfo.InvariantCulture, $"bind-address = \"127.0.0.1:{server.BackupPort}\"\n");
        foreach (var (name, lines) in sections)
            text.Append(CultureInfo.InvariantCulture, $"[{name}]\n").AppendJoin('\n', lines).Append('\n');
        return text.ToString();
    }

    private static string Text(InfluxDbServer server, string name) => $"\"{Path.Combine(server.Folder, name)}\"";
}
