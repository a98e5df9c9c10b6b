namespace TsBackup.TestServers;

/// <summary>What a <see cref="FaultProxy"/> does to a connection.</summary>
public abstract record Fault
{
    /// <summary>Ends the connection after the server has sent that many bytes.</summary>
    /// <param name="Bytes">Bytes of replies, heads included, that still pass.</param>
    public sealed record CutReply(long Bytes) : Fault;

    /// <summary>Ends the connection after the client has sent that many bytes.</summary>
    /// <param name="Bytes">Bytes of requests, heads included, that still pass.</param>
    public sealed record CutRequest(long Bytes) : Fault;

    /// <summary>Holds every reply back for a while.</summary>
    /// <param name="Pause">How long.</param>
    public sealed record Delay(TimeSpan Pause) : Fault;

    /// <summary>Flips all bits of one byte of the server's answer.</summary>
    /// <param name="Offset">Which one, counted from the start of the connection.</param>
    public sealed record Corrupt(long Offset) : Fault;

    /// <summary>Answers in the server's place.</summary>
    /// <param name="Status">Status code.</param>
    /// <param name="Body">Body of the reply.</param>
    /// <param name="Header">A further header line without line end, such as <c>Retry-After: 1</c>.</param>
    public sealed record Answer(int Status, string Body = "", string Header = "") : Fault;

    /// <summary>Takes requests and never answers; the connection stays open.</summary>
    public sealed record HalfOpen : Fault;

    /// <summary>Accepts and closes at once.</summary>
    public sealed record Refuse : Fault;
}
