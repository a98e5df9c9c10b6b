namespace TsBackup.Connectors;

/// <summary>A line of the connector catalog.</summary>
/// <param name="Name">Name of the connector, such as <c>InfluxDB</c>.</param>
/// <param name="Schemes">URI schemes it answers to, lower case.</param>
/// <param name="Example">A URI as users write it.</param>
/// <param name="Create">Makes a connector; does not connect.</param>
public sealed record ConnectorInfo(string Name, IReadOnlyList<string> Schemes, string Example, Func<StoreAddress, ConnectorOptions, IConnector> Create);
