namespace TsBackup.TestServers.Tablestore;

/// <summary>Kinds of trouble that <see cref="FakeTablestore"/> makes on demand.</summary>
public enum FakeFaultKind
{
    /// <summary>The operation is refused with <see cref="FakeFault.Code"/>; nothing is done.</summary>
    Error,

    /// <summary>The operation is done and then answered with <see cref="FakeFault.Code"/>.</summary>
    ErrorAfterwards,

    /// <summary>Rows of a batch write whose number is even are refused with <see cref="FakeFault.Code"/>; the others are written.</summary>
    PartialBatch,

    /// <summary>The connection ends in the middle of the reply.</summary>
    Cut,

    /// <summary>A checksum within the rows is wrong; the reply's own MD5 and signature are right.</summary>
    CorruptRow,

    /// <summary>The body changes after it was signed.</summary>
    CorruptBody,

    /// <summary>The reply is signed with another secret.</summary>
    ForeignSignature,

    /// <summary>A page without rows that names where to go on.</summary>
    EmptyPage,

    /// <summary>A proxy in front answers 502 with a page of its own.</summary>
    FrontServer,
}

/// <summary>Trouble to make.</summary>
/// <param name="Operation">Name of the operation it befalls.</param>
/// <param name="Kind">What happens.</param>
/// <param name="Times">How often; afterwards all is well.</param>
public sealed record FakeFault(string Operation, FakeFaultKind Kind, int Times = 1)
{
    /// <summary>Code of the error.</summary>
    public string Code { get; init; } = "OTSServerBusy";

    /// <summary>Message of the error.</summary>
    public string Message { get; init; } = "The fake server was told to fail.";

    /// <summary>HTTP status of the error.</summary>
    public int Status { get; init; } = 503;

    /// <summary>Table concerned; null = any.</summary>
    public string? Table { get; init; }

    /// <summary>Calls of the operation that go well before the trouble starts.</summary>
    public int After { get; init; }

    /// <summary>Runs when the fault happens, for trouble between requests such as dropping a table.</summary>
    public Action? Action { get; init; }
}
