using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using TsBackup.Connectors.Http;
using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>What InfluxDB's refusals mean.</summary>
internal static class InfluxErrors
{
    private static ReadOnlySpan<byte> PackedKey => [0x81, 0xa5, (byte)'e', (byte)'r', (byte)'r', (byte)'o', (byte)'r'];

    /// <summary>The error of a statement that was refused.</summary>
    public static TsBackupException FromQuery(string target, string text)
    {
        bool Says(string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);
        var (id, hint) = text switch
        {
            _ when Says("database not found") || Says("retention policy not found") => (ErrorId.StoreNotFound, (string?)null),
            _ when Says("error authorizing") || Says("not authorized") =>
                (ErrorId.StoreAccessDenied, "Grant the user the rights it needs."),
            _ when text is "invalid name" => (
                ErrorId.StoreUriInvalid,
                "InfluxDB takes no database whose name has a slash, a backslash or a character that cannot be printed."),
            _ when Says("timeout") => (ErrorId.StoreTimeout, "Raise query-timeout in the server's [coordinator] section."),
            _ when Says("max-select-") =>
                (ErrorId.StoreQueryFailed, "Raise the limit in the server's [coordinator] section, or set it to 0."),
            _ when Says("max-concurrent-queries") => (ErrorId.StoreThrottled, "Use less parallelism."),
            _ when Says("shutdown") || Says("engine is closed") || Says("shard is disabled") => (ErrorId.StoreBusy, null),
            _ => (ErrorId.StoreQueryFailed, null),
        };
        return new TsBackupException(id, $"{target} refuses a query: {text.TrimEnd('.')}.", target, hint);
    }

    /// <summary>What a reply without success means.</summary>
    public static HttpVerdict? Judge(HttpFailure failure)
    {
        var text = TextOf(failure);
        return failure.Status switch
        {
            400 => new HttpVerdict(FromQuery(failure.Target, text), Retry: false),
            404 when text.Contains("database not found", StringComparison.Ordinal) => new HttpVerdict(FromQuery(failure.Target, text)),
            404 => new HttpVerdict(new TsBackupException(
                ErrorId.StoreReplyInvalid, $"{failure.Target} is not InfluxDB 1.x: it has no such path.", failure.Target)),
            401 when text.Contains("unable to parse authentication credentials", StringComparison.Ordinal) =>
                new HttpVerdict(new TsBackupException(
                    ErrorId.StoreCredentialRejected,
                    $"{failure.Target} asks for a user and a password, and none were given.",
                    failure.Target,
                    "Give -Credential, or the user in the URI or TSBACKUP_STORE_USER and the password in --password-file or "
                    + "TSBACKUP_STORE_PASSWORD.")),
            500 when text.Contains("retention policy not found", StringComparison.Ordinal) =>
                new HttpVerdict(FromQuery(failure.Target, text)),
            _ => HttpErrors.Judge(failure with { Body = Encoding.UTF8.GetBytes(text) }),
        };
    }

    /// <summary>The server's own words: the error of its JSON or msgpack body, or the body.</summary>
    public static string TextOf(HttpFailure failure)
    {
        if (Packed(failure.Body) is { } packed)
            return packed;
        try
        {
            using var json = JsonDocument.Parse(failure.Body);
            if (json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("error", out var error)
                && error.GetString() is { } text)
            {
                return text;
            }
        }
        catch (JsonException)
        {
            return failure.Headers.TryGetValues("X-Influxdb-Error", out var values) ? values.First() : failure.Text;
        }
        return failure.Text;
    }

    /// <summary>The text of the msgpack map { "error": text }; null when the bytes are anything else.</summary>
    private static string? Packed(ReadOnlySpan<byte> body)
    {
        if (body.Length < 8 || !body.StartsWith(PackedKey))
            return null;
        var (start, length) = body[7] switch
        {
            >= 0xa0 and <= 0xbf => (8, body[7] & 0x1f),
            0xd9 when body.Length > 8 => (9, body[8]),
            0xda when body.Length > 9 => (10, BinaryPrimitives.ReadUInt16BigEndian(body[8..])),
            _ => (0, 0),
        };
        return start > 0 && start + length == body.Length ? Encoding.UTF8.GetString(body[start..]) : null;
    }
}
