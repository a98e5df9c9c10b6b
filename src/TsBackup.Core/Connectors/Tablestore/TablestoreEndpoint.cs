using TsBackup.Errors;
using TsBackup.Tablestore.Protocol.Signing;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// What an address says: <c>tablestore+https://[key:secret@]host[:port]/instance[/prefix]?option=value</c>, or the instance's name in place
/// of the host and the options <c>region</c> and <c>network</c>. With a prefix the store
/// is only the tables whose names start with it; that is how scratch stores live within an instance.
/// </summary>
internal sealed class TablestoreEndpoint
{
    /// <summary>Scheme over TLS.</summary>
    public const string SecureScheme = "tablestore+https";

    /// <summary>Scheme without TLS, for proxies and tests.</summary>
    public const string PlainScheme = "tablestore+http";

    private const string KeyVariable = "TSBACKUP_STORE_USER";
    private const string SecretVariable = "TSBACKUP_STORE_PASSWORD";

    private static readonly string[] KnownOptions =
        ["autoincrement", "compress", "cut", "verify", "token-file", "key-file", "region", "network"];

    private TablestoreEndpoint(StoreAddress address, Uri baseAddress, string instance, string prefix, Credentials credentials)
    {
        Address = address;
        BaseAddress = baseAddress;
        Instance = instance;
        Prefix = prefix;
        Credentials = credentials;
        GenerateKeys = Choice(address, "autoincrement", "keep", "new") == "new";
        Compress = Choice(address, "compress", "off", "deflate") == "deflate";
        Cut = Choice(address, "cut", "now", "none") == "now";
        Verify = Choice(address, "verify", "on", "off") == "on";
    }

    /// <summary>The address.</summary>
    public StoreAddress Address { get; }

    /// <summary>Scheme, host and port of requests.</summary>
    public Uri BaseAddress { get; }

    /// <summary>Instance name.</summary>
    public string Instance { get; }

    /// <summary>What names of tables start with; empty = the whole instance.</summary>
    public string Prefix { get; }

    /// <summary>Access key.</summary>
    public Credentials Credentials { get; }

    /// <summary>True when auto-increment keys are to be made anew in a restore instead of being kept as plain integers.</summary>
    public bool GenerateKeys { get; }

    /// <summary>True when bodies travel deflated.</summary>
    public bool Compress { get; }

    /// <summary>True when cell versions later than the start of a backup are left to the next one.</summary>
    public bool Cut { get; }

    /// <summary>True when replies are verified.</summary>
    public bool Verify { get; }

    /// <summary>Takes an address apart.</summary>
    /// <exception cref="TsBackupException">StoreUriInvalid; StoreCredentialRejected when no access key is given.</exception>
    public static TablestoreEndpoint From(StoreAddress address)
    {
        foreach (var option in address.Options.Keys)
        {
            if (!KnownOptions.Contains(option))
                throw Invalid(address, $"The option '{option}' of {address} is unknown.", $"Known are: {string.Join(", ", KnownOptions)}.");
        }
        address = Expand(address);
        var segments = address.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments.Length > 2)
            throw Invalid(address, $"The path of {address} has more than an instance and a prefix.", Form);
        var instance = segments.Length > 0 ? segments[0] : InstanceOf(address);
        var host = address.Host.Contains(':', StringComparison.Ordinal) && !address.Host.StartsWith('[')
            ? $"[{address.Host}]" : address.Host;
        var scheme = address.Scheme == PlainScheme ? "http" : "https";
        var baseAddress = new Uri(address.Port < 0 ? $"{scheme}://{host}/" : $"{scheme}://{host}:{address.Port}/");
        return new TablestoreEndpoint(address, baseAddress, instance, segments.Length > 1 ? segments[1] : "", CredentialsOf(address));
    }

    /// <summary>The table name in the instance.</summary>
    public string Full(string table) => Prefix + table;

    private const string Form = "Write it like tablestore+https://instance.region.ots.aliyuncs.com/instance.";

    /// <summary>
    /// Puts the endpoint in place of an instance name that comes with a region, so that the store's identity names the region too.
    /// </summary>
    private static StoreAddress Expand(StoreAddress address)
    {
        var (region, network) = (address.Option("region"), address.Option("network"));
        if (region is null && network is null)
            return address;
        var domain = network switch
        {
            null or "public" => "ots.aliyuncs.com",
            "internal" => "ots-internal.aliyuncs.com",
            "vpc" => "vpc.tablestore.aliyuncs.com",
            _ => throw Invalid(address, $"The option network={network} of {address} is neither public, internal nor vpc.", null),
        };
        if (string.IsNullOrEmpty(region) || !region.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            || address.Host.Contains('.', StringComparison.Ordinal))
            throw Invalid(address, $"{address} does not name an instance and a region.", RegionForm);
        var path = address.Path.Length > 0 ? address.Path : address.Host;
        var options = address.Options.Where(o => o.Key is not ("region" or "network"))
            .Select(o => $"{Uri.EscapeDataString(o.Key)}={Uri.EscapeDataString(o.Value)}");
        return StoreAddress.Parse($"{address.Scheme}://{address.Host}.{region}.{domain}/{path}?{string.Join('&', options)}")
            .WithCredential(address.UserName, address.Password);
    }

    private const string RegionForm = "Write it like tablestore+https://instance?region=cn-hangzhou&network=vpc.";

    private static string InstanceOf(StoreAddress address)
    {
        var dot = address.Host.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && address.Host.EndsWith(".aliyuncs.com", StringComparison.OrdinalIgnoreCase)
            ? address.Host[..dot]
            : throw Invalid(address, $"{address} names no instance.", Form);
    }

    /// <summary>What was given with the address comes first, then the file, then the environment.</summary>
    private static Credentials CredentialsOf(StoreAddress address)
    {
        var file = address.Option("key-file") is { } path ? ReadKeyFile(address, path) : [];
        var id = First(address.UserName, file.ElementAtOrDefault(0), Environment.GetEnvironmentVariable(KeyVariable));
        var secret = First(address.Password, file.ElementAtOrDefault(1), Environment.GetEnvironmentVariable(SecretVariable));
        if (id is null || secret is null)
        {
            throw new TsBackupException(
                ErrorId.StoreCredentialRejected,
                $"No access key is given for {address}.",
                address.ToString(),
                "Give the access key id as user name and the access key secret as password, "
                    + $"or both in {KeyVariable} and {SecretVariable}, "
                    + "or in the file named by the option key-file.");
        }
        var token = address.Option("token-file") is { } tokenFile
            ? ReadFile(address, tokenFile, "security token")
            : First(file.ElementAtOrDefault(2), Environment.GetEnvironmentVariable("TSBACKUP_STORE_TOKEN"));
        return new Credentials(id, secret, string.IsNullOrWhiteSpace(token) ? null : token.Trim());
    }

    private static string? First(params string?[] candidates) => Array.Find(candidates, c => !string.IsNullOrEmpty(c));

    private static string[] ReadKeyFile(StoreAddress address, string path)
    {
        var lines = ReadFile(address, path, "access key")
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return lines.Length is 2 or 3
            ? lines
            : throw new TsBackupException(
                ErrorId.StoreCredentialRejected,
                $"The file with the access key for {address} does not hold an id and a secret, each on a line of its own.",
                path);
    }

    private static string ReadFile(StoreAddress address, string file, string what)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new TsBackupException(
                ErrorId.FileNotFound, $"The file with the {what} for {address} cannot be read.", file, inner: e);
        }
    }

    private static string Choice(StoreAddress address, string option, string first, string second)
    {
        var value = address.Option(option) ?? first;
        return value == first || value == second
            ? value
            : throw Invalid(address, $"The option {option}={value} of {address} is neither {first} nor {second}.", null);
    }

    private static TsBackupException Invalid(StoreAddress address, string message, string? hint) =>
        new(ErrorId.StoreUriInvalid, message, address.ToString(), hint);
}
