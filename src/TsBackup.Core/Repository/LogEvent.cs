namespace TsBackup.Repository;

/// <summary>One event of the log.</summary>
/// <param name="Action">What happened.</param>
/// <param name="Name">Name of the object.</param>
/// <param name="Checksum">Checksum of an added object in hexadecimal digits; empty when erased.</param>
public sealed record LogEvent(LogAction Action, string Name, string Checksum = "");
