namespace TsBackup.Model;

/// <summary>
/// A piece of a store that is not rows: a retention policy, continuous query, user, rule, index definition, table option …
/// </summary>
/// <param name="Kind">What it is, in the store's words, lower case with dashes: <c>retention-policy</c>, <c>continuous-query</c>.</param>
/// <param name="Name">Its name within the kind.</param>
/// <param name="Native">The store's own form (a statement, JSON, base64 of a protocol message).</param>
/// <param name="Readable">JSON that people can read; enough to see what it is.</param>
/// <param name="Table">The table it belongs to, if any.</param>
/// <param name="IsComplete">False when the store shows only a part of it (for example a user without the password hash); the reason is in
/// <paramref name="Remark"/>.</param>
/// <param name="Remark">What a restore cannot bring back, or empty.</param>
public sealed record SettingsDocument(
    string Kind, string Name, string Native, string Readable, TableId? Table = null, bool IsComplete = true, string Remark = "");
