using System.Text.Json;
using TsBackup.Connectors.Http;
using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>What InfluxDB's refusals mean.</summary>
internal static class InfluxErrors
{
    /// <summary>The error of a statement that was refused.</summary>
    public static TsBackupException FromQuery(string target, string text)
    {
        bool Says(string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);
        var (id, hint) = text switch
        {
            _ when Says("database not found") || Says("retention policy not found") => (ErrorId.StoreNotFound, (string?)null),
            _ when Says("error authorizing") || Says("not authorized") => (ErrorId.StoreAccessDenied, "Grant the user the rights it needs."),
            _ when Says("timeout") => (ErrorId.StoreTimeout, "Raise query-timeout in the server's [coordinator] section."),
            _ when Says("max-select-") => (ErrorId.StoreQueryFailed, "Raise the limit in the server's [coordinator] section, or set it to 0."),
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
            500 when text.Contains("retention policy not found", StringComparison.Ordinal) =>
                new HttpVerdict(FromQuery(failure.Target, text)),
            _ => null,
        };
    }

    /// <summary>The server's own words: the error of its JSON body, or the body.</summary>
    public static string TextOf(HttpFailure failure)
    {
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
}
