using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors;

/// <summary>What happens while a group is read (or handed to a writer): batches, ends and failures, each of one slice.</summary>
/// <param name="Slice">The slice concerned.</param>
public abstract record SliceEvent(Slice Slice);

/// <summary>Rows of a slice. Batches of one slice come in order; batches of several slices may alternate. The receiver owns the batch and disposes it.</summary>
/// <param name="Slice">The slice.</param>
/// <param name="Batch">A sealed batch.</param>
public sealed record SliceRows(Slice Slice, Batch Batch) : SliceEvent(Slice);

/// <summary>The slice is complete. A slice without this event was not read to its end.</summary>
/// <param name="Slice">The slice.</param>
public sealed record SliceEnd(Slice Slice) : SliceEvent(Slice)
{
    /// <summary>
    /// What was learned while reading and will tell the next backup whether the slice has changed (<see cref="IConnector.IsUnchangedAsync"/>);
    /// taken as the fingerprint of a group of this one slice whose plan has none.
    /// </summary>
    public string? Fingerprint { get; init; }
}

/// <summary>The slice cannot be read to its end; others of the group may still come.</summary>
/// <param name="Slice">The slice.</param>
/// <param name="Error">Why.</param>
public sealed record SliceFailure(Slice Slice, TsBackupException Error) : SliceEvent(Slice);
