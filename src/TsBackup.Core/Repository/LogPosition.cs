namespace TsBackup.Repository;

/// <summary>
/// A place in the log of a repository. A client that remembers the last one it saw notices later when the repository was set back.
/// </summary>
/// <param name="Repository">Id of the repository.</param>
/// <param name="Sequence">Number of the entry; 0 before the first.</param>
/// <param name="Checksum">Checksum of the entry in hexadecimal digits: it covers all entries before.</param>
public sealed record LogPosition(string Repository, long Sequence, string Checksum);
