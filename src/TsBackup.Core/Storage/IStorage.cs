namespace TsBackup.Storage;

/// <summary>
/// Where a repository keeps its objects: whole objects of bytes under names, written once. The contract is narrow on purpose, so that
/// a folder, memory and an object store can all keep it:
/// <list type="bullet">
/// <item>An object is there whole or not at all, whenever the writer dies.</item>
/// <item>Of several writers of one name exactly one succeeds; the others get ObjectExists.</item>
/// <item>When <see cref="PutAsync"/> has returned, the object survives loss of power and is found by every later read and list.</item>
/// <item>Objects never change. Names are <see cref="ObjectName"/>s.</item>
/// </list>
/// Implementations are thread-safe. Errors are <see cref="Errors.TsBackupException"/> with StorageFull, StorageReadOnly,
/// StorageAccessDenied, StorageWriteFailed or StorageReadFailed, beside those named at the members.
/// </summary>
public interface IStorage : IAsyncDisposable
{
    /// <summary>The place, for people; holds no secret.</summary>
    string Location { get; }

    /// <summary>Stores a whole object under a name that is not taken.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="content">Its bytes; only borrowed until the call returns.</param>
    /// <param name="ct">Stops the call; the object may then be there or not.</param>
    /// <exception cref="Errors.TsBackupException">ObjectExists, ObjectNameInvalid.</exception>
    Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct);

    /// <summary>Reads bytes of an object.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="offset">First byte; beyond the end nothing is read.</param>
    /// <param name="destination">Filled as far as the object reaches.</param>
    /// <param name="ct">Stops the call.</param>
    /// <returns>Number of bytes read: less than asked for only at the end of the object.</returns>
    /// <exception cref="Errors.TsBackupException">ObjectNotFound, ObjectNameInvalid.</exception>
    Task<int> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken ct);

    /// <summary>Length of an object in bytes.</summary>
    /// <exception cref="Errors.TsBackupException">ObjectNotFound, ObjectNameInvalid.</exception>
    Task<long> GetLengthAsync(string name, CancellationToken ct);

    /// <summary>
    /// Lists objects in no promised order. An object that is put or deleted meanwhile may be listed or not; all others are, once.
    /// </summary>
    /// <param name="prefix">Empty for all, or a folder part with its slash at the end, such as <c>packs/</c>.</param>
    /// <param name="ct">Stops the listing.</param>
    IAsyncEnumerable<StorageObject> ListAsync(string prefix, CancellationToken ct);

    /// <summary>Deletes an object; one that is not there is fine.</summary>
    /// <exception cref="Errors.TsBackupException">ObjectNameInvalid.</exception>
    Task DeleteAsync(string name, CancellationToken ct);

    /// <summary>
    /// Deletes what writers that died left beside the objects, such as temporary files. A writer that lives and is slower than that fails;
    /// no object is harmed.
    /// </summary>
    /// <param name="before">Only what was last written before this, by the clock of the storage.</param>
    /// <param name="ct">Stops the call.</param>
    /// <returns>How many there were; 0 where writers leave nothing.</returns>
    Task<int> DeleteLeftoversAsync(DateTimeOffset before, CancellationToken ct) => Task.FromResult(0);

    /// <summary>Room at the place; null when it cannot say.</summary>
    Task<StorageSpace?> GetSpaceAsync(CancellationToken ct);
}
