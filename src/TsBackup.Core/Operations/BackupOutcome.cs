using TsBackup.Errors;

namespace TsBackup.Operations;

/// <summary>What became of a backup in one of its repositories.</summary>
/// <param name="Repository">Location of the repository.</param>
/// <param name="Version">The version; null when that repository failed.</param>
/// <param name="Error">Why it failed; null otherwise.</param>
public sealed record BackupOutcome(string Repository, BackupVersion? Version, TsBackupException? Error);
