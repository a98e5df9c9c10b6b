using System.Net.Http.Headers;
using TsBackup.Errors;

namespace TsBackup.Connectors.Http;

/// <summary>A reply whose body has not been read yet. The receiver disposes it.</summary>
internal sealed class HttpReply : IDisposable
{
    private readonly HttpResponseMessage _message;

    internal HttpReply(HttpResponseMessage message, ReplyStream body)
    {
        _message = message;
        Body = body;
    }

    /// <summary>The status code, always a success.</summary>
    public int Status => (int)_message.StatusCode;

    /// <summary>The headers.</summary>
    public HttpResponseHeaders Headers => _message.Headers;

    /// <summary>
    /// The body. Reading throws <see cref="TsBackupException"/>: StoreReplyTruncated when it ends too early, StoreConnectionLost, or
    /// StoreTimeout when nothing comes for the time allowed.
    /// </summary>
    public ReplyStream Body { get; }

    /// <summary>How long the body says it is; null when it does not say.</summary>
    public long? Length => _message.Content.Headers.ContentLength;

    /// <summary>A header's first value; null when it is not there.</summary>
    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        Body.Dispose();
        _message.Dispose();
    }
}
