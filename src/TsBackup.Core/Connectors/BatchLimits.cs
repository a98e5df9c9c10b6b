using TsBackup.Model;

namespace TsBackup.Connectors;

/// <summary>
/// How large a batch is made by connectors. Large enough for the codec to find its patterns, small enough that a handful in flight
/// fits the memory budget and a partial restore reads little too much.
/// </summary>
public static class BatchLimits
{
    /// <summary>Rows after which a batch is handed on.</summary>
    public const int MaxRows = 32_768;

    /// <summary>Bytes of values after which a batch is handed on.</summary>
    public const long MaxBytes = 4L << 20;

    /// <summary>
    /// Slots, empty ones included, after which a batch is handed on: they take room in memory, and a table of many columns of which a
    /// row has few is mostly made of them.
    /// </summary>
    public const long MaxSlots = 4L << 20;

    /// <summary>Columns after which a batch is handed on; the next row may bring as many again.</summary>
    public const int MaxColumns = 8192;

    /// <summary>True when a batch of so many rows has to be handed on because of its columns.</summary>
    public static bool IsWide(Batch batch, int rows) =>
        batch.Columns.Count >= MaxColumns || (long)batch.Columns.Count * rows >= MaxSlots;
}
