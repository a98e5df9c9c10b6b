using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TsBackup.Tablestore.Protocol.Signing;

/// <summary>
/// Checks that a reply comes from the service and is whole: MD5 of the body, date and signature. The official JavaScript client checks
/// nothing of this; the rules are those of the Python and C# clients.
/// </summary>
internal static class ResponseVerifier
{
    /// <summary>How far the service's clock may be from ours.</summary>
    public static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(15);

    private static readonly string[] Required =
        [HeaderNames.RequestId, HeaderNames.ContentType, HeaderNames.ContentMd5, HeaderNames.Date];

    /// <summary>Checks a reply.</summary>
    /// <param name="operation">Operation that was asked for.</param>
    /// <param name="isSuccess">True for a 2xx status.</param>
    /// <param name="errorCode">Code of the error body; null on success.</param>
    /// <param name="headers">All headers by lower-case name.</param>
    /// <param name="body">The body as received (before inflating).</param>
    /// <param name="credentials">Whose request it answers.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="TablestoreProtocolException">The reply cannot be trusted.</exception>
    public static void Verify(
        string operation,
        bool isSuccess,
        string? errorCode,
        IReadOnlyDictionary<string, string> headers,
        ReadOnlySpan<byte> body,
        Credentials credentials,
        DateTimeOffset now)
    {
        if (isSuccess)
        {
            foreach (var name in Required)
            {
                if (!headers.ContainsKey(name))
                    throw new TablestoreProtocolException(ProtocolFault.HeaderMissing, $"The reply to {operation} lacks the header {name}.");
            }
        }
        if (headers.TryGetValue(HeaderNames.ContentMd5, out var md5) && md5 != RequestSigner.ContentMd5(body))
            throw new TablestoreProtocolException(ProtocolFault.Checksum, $"The reply to {operation} does not match its MD5.");

        // A rejected key cannot be used to sign the rejection.
        if (errorCode == ErrorCodes.AuthFailed)
            return;
        VerifyDate(operation, headers, now);
        VerifySignature(operation, isSuccess, headers, credentials);
    }

    /// <summary>What a reply's signature is made of.</summary>
    public static string StringToSign(string operation, IEnumerable<KeyValuePair<string, string>> headers)
    {
        var text = new StringBuilder();
        RequestSigner.AppendHeaders(text, headers);
        return text.Append('/').Append(operation).ToString();
    }

    /// <summary>The date of a reply; null when there is none or it cannot be read.</summary>
    public static DateTimeOffset? DateOf(IReadOnlyDictionary<string, string> headers) =>
        headers.TryGetValue(HeaderNames.Date, out var text)
        && DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date)
            ? date
            : null;

    private static void VerifyDate(string operation, IReadOnlyDictionary<string, string> headers, DateTimeOffset now)
    {
        if (!headers.ContainsKey(HeaderNames.Date))
            return;
        if (DateOf(headers) is not { } date)
            throw TablestoreProtocolException.Malformed($"The reply to {operation} has a date that cannot be read.");
        if ((date - now).Duration() > MaxSkew)
        {
            throw new TablestoreProtocolException(
                ProtocolFault.ClockSkew,
                $"The reply to {operation} is dated {date:u}, {(date - now).Duration().TotalMinutes:F0} minutes from this machine's clock.");
        }
    }

    private static void VerifySignature(
        string operation, bool isSuccess, IReadOnlyDictionary<string, string> headers, Credentials credentials)
    {
        if (!headers.TryGetValue(HeaderNames.Authorization, out var authorization))
        {
            if (isSuccess)
                throw new TablestoreProtocolException(ProtocolFault.HeaderMissing, $"The reply to {operation} is not signed.");
            return;
        }
        var expected = $"OTS {credentials.AccessKeyId}:{RequestSigner.Sign(StringToSign(operation, headers), credentials.AccessKeySecret)}";
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(authorization), Encoding.UTF8.GetBytes(expected)))
            throw new TablestoreProtocolException(ProtocolFault.Signature, $"The reply to {operation} is not signed with this access key.");
    }
}
