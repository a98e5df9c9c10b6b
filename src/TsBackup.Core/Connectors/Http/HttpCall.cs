using System.Net.Http.Headers;

namespace TsBackup.Connectors.Http;

/// <summary>One request as a connector asks for it; sent anew at every try.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Path and query below the base address, escaped, without a leading slash.</param>
internal sealed record HttpCall(HttpMethod Method, string Path)
{
    /// <summary>The body; null sends none. The caller keeps it unchanged until the call has ended.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>Media type of the body.</summary>
    public string ContentType { get; init; } = "application/octet-stream";

    /// <summary>Set when <see cref="Body"/> is gzip data already.</summary>
    public bool BodyIsGzip { get; init; }

    /// <summary>Media type asked for; null leaves it to the server.</summary>
    public string? Accept { get; init; }

    /// <summary>Set when doing it twice could do harm: then only errors before the request left are tried again.</summary>
    public bool OnlyOnce { get; init; }

    /// <summary>Time allowed; null takes that of the client.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Called before every try, for headers that depend on the time of the try, such as signatures.</summary>
    public Action<HttpRequestMessage>? Prepare { get; init; }

    /// <summary>What a reply that is no success means; null takes the client's.</summary>
    public HttpJudge? Judge { get; init; }

    internal HttpRequestMessage ToMessage(Uri baseAddress)
    {
        var message = new HttpRequestMessage(Method, new Uri(baseAddress, Path));
        if (Body is { } body)
        {
            message.Content = new ReadOnlyMemoryContent(body);
            message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(ContentType);
            if (BodyIsGzip)
                message.Content.Headers.ContentEncoding.Add("gzip");
        }
        if (Accept is { } accept)
            message.Headers.Accept.ParseAdd(accept);
        return message;
    }
}
