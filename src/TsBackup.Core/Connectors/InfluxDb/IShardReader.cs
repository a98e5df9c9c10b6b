namespace TsBackup.Connectors.InfluxDb;

/// <summary>Reads groups of slices by one of the ways that lead into a database: its query interface or its native files.</summary>
internal interface IShardReader
{
    /// <summary>Reads a group as <see cref="IConnector.ReadAsync"/> says.</summary>
    IAsyncEnumerable<SliceEvent> ReadAsync(SliceGroup group, CancellationToken cancellation);
}
