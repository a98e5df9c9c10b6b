namespace TsBackup.Connectors;

/// <summary>
/// A target that has been prepared (database made, retention that drops nothing …). Several groups may be written at once.
/// Disposing without <see cref="CompleteAsync"/> leaves what was written and sets nothing right.
/// </summary>
public interface IStoreWriter : IAsyncDisposable
{
    /// <summary>
    /// Writes a group. Events come in the order of <see cref="IConnector.ReadAsync"/>; the writer owns and disposes the batches. Rows the
    /// target refuses are counted, not thrown; writing the same rows again gives the same target.
    /// </summary>
    /// <param name="group">The group, with the target's table names.</param>
    /// <param name="rows">Its rows, in order per slice.</param>
    /// <param name="cancellation">Stops between requests.</param>
    /// <exception cref="Errors.TsBackupException">The target is gone; what was acknowledged before is lost to the account of this group.</exception>
    Task<WriteOutcome> WriteAsync(SliceGroup group, IAsyncEnumerable<SliceEvent> rows, CancellationToken cancellation);

    /// <summary>Sets the target's options right and brings back settings documents, each reported.</summary>
    Task<IReadOnlyList<SettingOutcome>> CompleteAsync(CancellationToken cancellation);
}
