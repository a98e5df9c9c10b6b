using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using TsBackup.Errors;

namespace TsBackup.Connectors.Http;

/// <summary>Turns statuses, socket errors and cut replies into the errors of this product.</summary>
internal static class HttpErrors
{
    /// <summary>Bytes of an error reply that are looked at.</summary>
    public const int MaxErrorBody = 64 * 1024;

    /// <summary>What a status means where the connector does not know better.</summary>
    public static HttpVerdict Judge(HttpFailure failure) => failure.Status switch
    {
        401 => new(new TsBackupException(
            ErrorId.StoreCredentialRejected,
            $"{failure.Target} does not accept the credential.",
            failure.Target,
            "Check user name and password or token.")),
        403 => new(new TsBackupException(
            ErrorId.StoreAccessDenied,
            $"{failure.Target} denies access{Said(failure)}",
            failure.Target,
            "Grant the user the rights it needs.")),
        408 or 504 => new(new TsBackupException(
            ErrorId.StoreTimeout, $"{failure.Target} did not answer in time (status {failure.Status}).", failure.Target)),
        429 or 503 => new(new TsBackupException(
            ErrorId.StoreThrottled,
            $"{failure.Target} asks for less load (status {failure.Status}){Said(failure)}",
            failure.Target,
            "Try again later or with less parallelism.")),
        >= 500 => new(
            new TsBackupException(
                ErrorId.StoreQueryFailed, $"{failure.Target} failed with status {failure.Status}{Said(failure)}", failure.Target),
            Retry: true),
        _ => new(
            new TsBackupException(
                ErrorId.StoreReplyInvalid, $"{failure.Target} answered with status {failure.Status}{Said(failure)}", failure.Target),
            Retry: false),
    };

    /// <summary>The error for an exception of a try; null when the exception is none of the network's.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="target">The store's name.</param>
    /// <param name="afterHeaders">True when it was thrown while the body was read.</param>
    public static TsBackupException? FromException(Exception exception, string target, bool afterHeaders)
    {
        if (exception is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
            || exception.InnerException is AuthenticationException)
        {
            return new TsBackupException(
                ErrorId.StoreUnreachable,
                $"No secure connection to {target} can be made: the certificate or the TLS version is not accepted.",
                target,
                "Install the server's certificate authority, allow untrusted certificates, or use the scheme without TLS if the server has none.",
                exception);
        }
        if (IsEarlyEnd(exception))
        {
            return afterHeaders
                ? new TsBackupException(
                    ErrorId.StoreReplyTruncated, $"A reply of {target} ended before it was complete.", target, inner: exception)
                : Lost(target, exception);
        }
        if (exception is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError }
            && !afterHeaders)
        {
            return new TsBackupException(
                ErrorId.StoreUnreachable,
                $"{target} cannot be reached: {Cause(exception)}.",
                target,
                "Check that the server runs and that host, port and scheme are right.",
                exception);
        }
        if (exception is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError })
        {
            return new TsBackupException(
                ErrorId.StoreReplyInvalid, $"{target} did not answer with HTTP.", target, "Check port and scheme (http or https).", exception);
        }
        return exception is HttpRequestException or IOException or SocketException ? Lost(target, exception) : null;
    }

    /// <summary>The error for a request that took too long.</summary>
    public static TsBackupException Timeout(string target, TimeSpan allowed, Exception? inner = null) => new(
        ErrorId.StoreTimeout,
        $"{target} did not answer within {allowed.TotalSeconds:0.#} s.",
        target,
        "Allow more time or take smaller parts.",
        inner);

    /// <summary>The pause a server asks for; null when it names none.</summary>
    public static TimeSpan? RetryAfter(HttpResponseHeaders headers, TimeProvider clock)
    {
        if (headers.RetryAfter is not { } value)
            return null;
        var pause = value.Delta ?? (value.Date - clock.GetUtcNow());
        return pause is { } p && p > TimeSpan.Zero ? p : null;
    }

    private static TsBackupException Lost(string target, Exception exception) => new(
        ErrorId.StoreConnectionLost, $"The connection to {target} was lost: {Cause(exception)}.", target, inner: exception);

    private static bool IsEarlyEnd(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded }
                or HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded })
            {
                return true;
            }
        }
        return false;
    }

    private static string Cause(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException socket)
                return socket.SocketErrorCode.ToString();
        }
        return exception is HttpRequestException request ? request.HttpRequestError.ToString() : "the stream broke";
    }

    private static string Said(HttpFailure failure) => failure.Text.Length == 0 ? "." : $": {failure.Text.TrimEnd('.')}.";
}
