using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TsBackup.Tablestore.Protocol.Signing;

/// <summary>Makes the headers of a request, signature version 2 (HMAC-SHA1) included.</summary>
internal static class RequestSigner
{
    /// <summary>The version of the interface.</summary>
    public const string ApiVersion = "2015-12-31";

    /// <summary>All <c>x-ots-</c> headers of a request.</summary>
    /// <param name="operation">Operation, which is the path.</param>
    /// <param name="instance">Instance name.</param>
    /// <param name="body">The body as sent (after compression).</param>
    /// <param name="credentials">Whose request.</param>
    /// <param name="now">The time.</param>
    /// <param name="rawSize">Length before deflate; null when the body is not compressed.</param>
    /// <param name="wantsDeflate">Whether the reply may be compressed.</param>
    public static SortedDictionary<string, string> MakeHeaders(
        string operation,
        string instance,
        ReadOnlySpan<byte> body,
        Credentials credentials,
        DateTimeOffset now,
        int? rawSize = null,
        bool wantsDeflate = false)
    {
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [HeaderNames.Date] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            [HeaderNames.ApiVersion] = ApiVersion,
            [HeaderNames.AccessKeyId] = credentials.AccessKeyId,
            [HeaderNames.InstanceName] = instance,
            [HeaderNames.ContentMd5] = ContentMd5(body),
        };
        if (credentials.SecurityToken is { } token)
            headers[HeaderNames.SecurityToken] = token;
        if (rawSize is { } size)
        {
            headers[HeaderNames.RequestCompressType] = "deflate";
            headers[HeaderNames.RequestCompressSize] = size.ToString(CultureInfo.InvariantCulture);
        }
        if (wantsDeflate)
            headers[HeaderNames.ResponseCompressType] = "deflate";
        headers[HeaderNames.Signature] = Sign(StringToSign(operation, headers), credentials.AccessKeySecret);
        return headers;
    }

    /// <summary>
    /// What is signed: path, method, the empty query, then the sorted <c>x-ots-</c> headers but the signature.
    /// </summary>
    public static string StringToSign(string operation, IEnumerable<KeyValuePair<string, string>> headers)
    {
        var text = new StringBuilder().Append('/').Append(operation).Append("\nPOST\n\n");
        AppendHeaders(text, headers);
        return text.ToString();
    }

    /// <summary>Base64 of the HMAC-SHA1 of a text.</summary>
    public static string Sign(string text, string secret) =>
        Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text)));

    /// <summary>Base64 of the MD5 of a body.</summary>
    public static string ContentMd5(ReadOnlySpan<byte> body) => Convert.ToBase64String(MD5.HashData(body));

    /// <summary>Appends <c>name:value</c> lines sorted by name.</summary>
    internal static void AppendHeaders(StringBuilder text, IEnumerable<KeyValuePair<string, string>> headers)
    {
        var signed = headers
            .Where(h => h.Key.StartsWith(HeaderNames.Prefix, StringComparison.Ordinal) && h.Key != HeaderNames.Signature)
            .OrderBy(h => h.Key, StringComparer.Ordinal);
        foreach (var (name, value) in signed)
            text.Append(name).Append(':').Append(value.Trim()).Append('\n');
    }
}
