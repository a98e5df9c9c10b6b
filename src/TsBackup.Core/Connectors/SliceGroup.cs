using TsBackup.Model;

namespace TsBackup.Connectors;

/// <summary>Slices that the store reads in one pass: all tables of a shard, or a single slice.</summary>
/// <param name="Id">Stable name within the store; the same group has the same id in the next backup.</param>
/// <param name="Slices">What is expected in it; reading may find more.</param>
/// <param name="Fingerprint">
/// When it equals the previous version's fingerprint of this id under the same scope, the content is the same and is not read (see
/// <see cref="IConnector.IsUnchangedAsync"/>); null when the store offers none.
/// </param>
/// <param name="EstimatedRows">For progress; −1 when unknown.</param>
/// <param name="EstimatedBytes">For progress and space checks; −1 when unknown.</param>
public sealed record SliceGroup(
    string Id, IReadOnlyList<Slice> Slices, string? Fingerprint = null, long EstimatedRows = -1, long EstimatedBytes = -1)
{
    /// <summary>What the connector itself needs to read the group; nobody else looks at it and it is not stored.</summary>
    public object? Token { get; init; }
}
