using System.Net.Http.Headers;
using System.Text;
using TsBackup.Errors;

namespace TsBackup.Connectors.Http;

/// <summary>Says what a reply without success means; null leaves it to <see cref="HttpErrors.Judge"/>.</summary>
internal delegate HttpVerdict? HttpJudge(HttpFailure failure);

/// <summary>A reply without success.</summary>
/// <param name="Target">The store's name for messages.</param>
/// <param name="Status">The status code.</param>
/// <param name="Headers">The reply's headers.</param>
/// <param name="Body">Its body, at most <see cref="HttpErrors.MaxErrorBody"/> bytes.</param>
internal sealed record HttpFailure(string Target, int Status, HttpResponseHeaders Headers, byte[] Body)
{
    /// <summary>The body as text, in one line, cut to a length that suits a message.</summary>
    public string Text
    {
        get
        {
            var text = Encoding.UTF8.GetString(Body.AsSpan(0, Math.Min(Body.Length, 2000))).ReplaceLineEndings(" ").Trim();
            return text.Length > 500 ? text[..500] + "…" : text;
        }
    }
}

/// <summary>What a failure means.</summary>
/// <param name="Error">The error to report when no try is left.</param>
/// <param name="Retry">True when another try may help.</param>
internal sealed record HttpVerdict(TsBackupException Error, bool Retry)
{
    /// <summary>Retries when the error is of a transient kind.</summary>
    public HttpVerdict(TsBackupException error)
        : this(error, error.IsTransient)
    {
    }
}
