using TsBackup.Model;

namespace TsBackup.Connectors;

/// <summary>
/// Reads and writes one kind of store. One instance is one store at one address; its methods may be called from several threads.
/// Whatever goes wrong is thrown as <see cref="Errors.TsBackupException"/>; a gap is never silent. Retries of single requests are the
/// connector's business (through the shared HTTP layer), retries of slices are the caller's.
/// </summary>
public interface IConnector : IAsyncDisposable
{
    /// <summary>The store's address.</summary>
    StoreAddress Address { get; }

    /// <summary>What can be done with this store; constant for the life of the instance.</summary>
    StoreCapabilities Capabilities { get; }

    /// <summary>
    /// Checks that the store answers, exists and may be read, and says what it holds.
    /// </summary>
    /// <exception cref="Errors.TsBackupException">StoreUnreachable, StoreCredentialRejected, StoreAccessDenied, StoreNotFound …</exception>
    Task<Catalog> DescribeAsync(CancellationToken cancellation);

    /// <summary>
    /// Cuts the scope into groups of slices along the store's own borders (shard groups, segments, key ranges). The slices of a plan
    /// cover every row of the scope once. The upper bound of the open end is fixed here, so that one backup is one cut.
    /// </summary>
    Task<IReadOnlyList<SliceGroup>> PlanAsync(Catalog catalog, Scope scope, CancellationToken cancellation);

    /// <summary>
    /// Tells whether a group made by <see cref="PlanAsync"/> holds just what it held when it had an earlier fingerprint. In doubt it
    /// says no, and the group is read. Equal fingerprints say yes; a store may look closer where they differ.
    /// </summary>
    ValueTask<bool> IsUnchangedAsync(SliceGroup group, string fingerprint, CancellationToken cancellation) =>
        new(group.Fingerprint == fingerprint);

    /// <summary>
    /// Reads a group made by <see cref="PlanAsync"/>, or one made from a version's slices to compare with: then
    /// <see cref="SliceGroup.Token"/> is null and just the group's slices are read, whatever the borders are by now. Rows outside a
    /// slice's window are left out. Every slice of the group ends with <see cref="SliceEnd"/> or <see cref="SliceFailure"/>; when the
    /// enumeration throws, all slices without an end have failed.
    /// </summary>
    IAsyncEnumerable<SliceEvent> ReadAsync(SliceGroup group, CancellationToken cancellation);

    /// <summary>True when the store (which may not exist yet) holds rows of that table and range.</summary>
    Task<bool> HasRowsAsync(TableId table, TimeRange range, CancellationToken cancellation);

    /// <summary>Deletes the rows of a table and range. Only with <see cref="StoreCapabilities.Deletes"/>.</summary>
    Task DeleteRowsAsync(TableId table, TimeRange range, CancellationToken cancellation);

    /// <summary>
    /// Deletes the rows of several tables and a range; a store that cannot delete those of one alone may be able to with the others.
    /// </summary>
    async Task DeleteRowsAsync(IReadOnlyList<TableId> tables, TimeRange range, CancellationToken cancellation)
    {
        foreach (var table in tables)
            await DeleteRowsAsync(table, range, cancellation).ConfigureAwait(false);
    }

    /// <summary>Tells before anything is changed whether those rows can be deleted.</summary>
    /// <exception cref="Errors.TsBackupException">CapabilityMissing when they cannot.</exception>
    Task CheckDeleteAsync(IReadOnlyList<TableId> tables, TimeRange range, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Makes the store ready to take rows, creating it when it does not exist. Only with <see cref="StoreCapabilities.Writes"/>.</summary>
    Task<IStoreWriter> OpenWriterAsync(RestoreTarget target, CancellationToken cancellation);

    /// <summary>The address of a scratch store beside this one, not yet there. Only with <see cref="StoreCapabilities.Scratch"/>.</summary>
    /// <param name="name">Short unique name of letters, digits and dashes.</param>
    StoreAddress ScratchAddress(string name);

    /// <summary>Drops this store with all that is in it. Refuses (CapabilityMissing) any store not named by <see cref="ScratchAddress"/>.</summary>
    Task DropScratchAsync(CancellationToken cancellation);
}
