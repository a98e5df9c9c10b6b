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
}
