using TsBackup.Model;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>What a version holds: the catalog as it was, and every slice with its digest and blocks.</summary>
/// <param name="Catalog">The store's catalog at the time.</param>
/// <param name="Groups">Groups of slices in the order of the plan.</param>
public sealed record VersionContent(Catalog Catalog, IReadOnlyList<GroupEntry> Groups)
{
    /// <summary>All slices.</summary>
    public IEnumerable<SliceEntry> Slices => Groups.SelectMany(group => group.Slices);
}

/// <summary>Slices that were read in one pass.</summary>
/// <param name="Id">The connector's name of the group.</param>
/// <param name="Fingerprint">Fingerprint at the time; null when the store offers none or the group is not complete.</param>
/// <param name="Slices">Its slices.</param>
public sealed record GroupEntry(string Id, string? Fingerprint, IReadOnlyList<SliceEntry> Slices);

/// <summary>A slice as it was stored.</summary>
/// <param name="Slice">Table, window, partition.</param>
/// <param name="Summary">Counts, time bounds and digest of its rows.</param>
/// <param name="Blocks">Its blocks in order of rows.</param>
/// <param name="FailureId">Error id when the slice could not be read; then there are no blocks.</param>
/// <param name="FailureMessage">The reason as a sentence.</param>
public sealed record SliceEntry(
    Slice Slice, SliceSummary Summary, IReadOnlyList<BlockEntry> Blocks, string? FailureId = null, string? FailureMessage = null)
{
    /// <summary>True when the slice was read to its end.</summary>
    public bool IsComplete => FailureId is null;
}

/// <summary>A block of a slice.</summary>
/// <param name="Id">Its id in the repository.</param>
/// <param name="Rows">Rows in it.</param>
/// <param name="First">Earliest time; 0 without times.</param>
/// <param name="Last">Latest time.</param>
/// <param name="Bytes">Bytes before sealing.</param>
public sealed record BlockEntry(BlockId Id, int Rows, long First, long Last, int Bytes);
