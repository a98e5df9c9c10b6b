using System.Collections.Immutable;
using TsBackup.Errors;

namespace TsBackup.Connectors;

/// <summary>
/// A store's URI, taken apart: <c>scheme://[user[:password]@]host[:port]/path?option=value</c>. The password is kept apart and never
/// printed.
/// </summary>
public sealed class StoreAddress
{
    private StoreAddress(
        string scheme, string host, int port, string path, string? userName, string? password, ImmutableSortedDictionary<string, string> options)
    {
        Scheme = scheme;
        Host = host;
        Port = port;
        Path = path;
        UserName = userName;
        Password = password;
        Options = options;
    }

    /// <summary>Lower-case scheme, such as <c>influxdb</c>.</summary>
    public string Scheme { get; }

    /// <summary>Host name or address; empty for <c>file:</c>.</summary>
    public string Host { get; }

    /// <summary>Port; −1 when the URI names none.</summary>
    public int Port { get; }

    /// <summary>Unescaped path without the leading slash (with it for <c>file:</c> schemes).</summary>
    public string Path { get; }

    /// <summary>User name, access key id …; null when none was given.</summary>
    public string? UserName { get; }

    /// <summary>The secret; null when none was given. Never print it.</summary>
    public string? Password { get; }

    /// <summary>The options after the question mark, by lower-case name.</summary>
    public ImmutableSortedDictionary<string, string> Options { get; }

    /// <summary>Takes a URI apart.</summary>
    /// <exception cref="TsBackupException">StoreUriInvalid.</exception>
    public static StoreAddress Parse(string uri)
    {
        if (!Uri.TryCreate(uri, UriKind.Absolute, out var parsed) || !uri.Contains("://", StringComparison.Ordinal))
        {
            throw new TsBackupException(
                ErrorId.StoreUriInvalid,
                $"'{Redact(uri)}' is not a store URI.",
                hint: "Write it like influxdb://host:8086/database or file:///folder.");
        }
        var options = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var pair in parsed.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var name = Uri.UnescapeDataString(equals < 0 ? pair : pair[..equals]).ToLowerInvariant();
            options[name] = equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..]);
        }
        var colon = parsed.UserInfo.IndexOf(':', StringComparison.Ordinal);
        var user = colon < 0 ? parsed.UserInfo : parsed.UserInfo[..colon];
        var isFile = parsed.Scheme.EndsWith("file", StringComparison.Ordinal) || parsed.Scheme.EndsWith("+files", StringComparison.Ordinal);
        var path = Uri.UnescapeDataString(parsed.AbsolutePath);
        return new StoreAddress(
            parsed.Scheme.ToLowerInvariant(),
            parsed.Host,
            parsed.Port,
            isFile ? path : path.TrimStart('/'),
            user.Length == 0 ? null : Uri.UnescapeDataString(user),
            colon < 0 ? null : Uri.UnescapeDataString(parsed.UserInfo[(colon + 1)..]),
            options.ToImmutable());
    }

    /// <summary>The same store with these credentials.</summary>
    public StoreAddress WithCredential(string? userName, string? password) =>
        new(Scheme, Host, Port, Path, userName ?? UserName, password ?? Password, Options);

    /// <summary>The same server with another path (database, folder).</summary>
    public StoreAddress WithPath(string path) => new(Scheme, Host, Port, path, UserName, Password, Options);

    /// <summary>An option's value; null when it is not given.</summary>
    public string? Option(string name) => Options.GetValueOrDefault(name);

    /// <summary>
    /// The store's identity: scheme, host, port and path, without user, password and options. Versions of one store are found by it.
    /// </summary>
    public override string ToString()
    {
        var authority = Host.Contains(':', StringComparison.Ordinal) && !Host.StartsWith('[') ? $"[{Host}]" : Host;
        var port = Port < 0 ? "" : $":{Port}";
        var path = string.Join('/', Path.TrimStart('/').Split('/').Select(Uri.EscapeDataString));
        return $"{Scheme}://{authority}{port}/{path}";
    }

    /// <summary>A URI text with the user part cut out, for messages about texts that do not parse.</summary>
    public static string Redact(string uri)
    {
        var start = uri.IndexOf("://", StringComparison.Ordinal);
        var at = uri.LastIndexOf('@');
        return start >= 0 && at > start ? string.Concat(uri.AsSpan(0, start + 3), "…", uri.AsSpan(at)) : uri;
    }
}
