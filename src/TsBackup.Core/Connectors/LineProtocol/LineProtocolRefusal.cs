namespace TsBackup.Connectors.LineProtocol;

/// <summary>Rows that line protocol cannot say.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Reason">Why, in one sentence.</param>
public sealed record LineProtocolRefusal(long Rows, string Reason);
