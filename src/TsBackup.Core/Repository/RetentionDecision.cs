namespace TsBackup.Repository;

/// <summary>Whether a version stays.</summary>
/// <param name="Version">The version.</param>
/// <param name="Keep">True when it stays.</param>
/// <param name="Reasons">Why it stays; empty when it goes.</param>
public sealed record RetentionDecision(VersionHeader Version, bool Keep, IReadOnlyList<string> Reasons);
