namespace TsBackup.TestServers;

/// <summary>How a server is started.</summary>
public sealed record InfluxDbServerOptions
{
    /// <summary>Require user and password; an admin of these is made.</summary>
    public string? AdminUser { get; init; }

    /// <summary>Password of <see cref="AdminUser"/>.</summary>
    public string AdminPassword { get; init; } = "admin-password";

    /// <summary>Speak HTTPS with a certificate made for the occasion (see <see cref="InfluxDbServer.CertificateFile"/>).</summary>
    public bool Tls { get; init; }

    /// <summary><c>inmem</c> or <c>tsi1</c>.</summary>
    public string IndexVersion { get; init; } = "inmem";

    /// <summary>Further lines by section, such as <c>["http"] = "max-row-limit = 5"</c>.</summary>
    public IReadOnlyDictionary<string, string> Sections { get; init; } = new Dictionary<string, string>();

    /// <summary>Folder for data; null takes a new temporary one, deleted at the end.</summary>
    public string? Folder { get; init; }
}
