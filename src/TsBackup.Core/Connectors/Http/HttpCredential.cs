using System.Net.Http.Headers;
using System.Text;

namespace TsBackup.Connectors.Http;

/// <summary>What is sent as <c>Authorization</c> with every request.</summary>
internal sealed class HttpCredential
{
    private HttpCredential(string scheme, string value, string? secret)
    {
        Header = new AuthenticationHeaderValue(scheme, value);
        Redactor = new Redactor(secret, value);
    }

    /// <summary>The header. Never print it.</summary>
    public AuthenticationHeaderValue Header { get; }

    /// <summary>Takes the secret out of texts.</summary>
    public Redactor Redactor { get; }

    /// <summary>User name and password.</summary>
    public static HttpCredential Basic(string userName, string? password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{userName}:{password}")), password);

    /// <summary>A token under a scheme such as <c>Bearer</c> or <c>Token</c>.</summary>
    public static HttpCredential Token(string scheme, string token) => new(scheme, token, token);

    /// <summary>Basic when the address names a user, else none.</summary>
    public static HttpCredential? From(StoreAddress address) =>
        address.UserName is { } user ? Basic(user, address.Password) : null;
}
