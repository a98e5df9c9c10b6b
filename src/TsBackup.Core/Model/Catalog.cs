namespace TsBackup.Model;

/// <summary>What a store holds: its tables and its settings.</summary>
/// <param name="Kind">Connector name, such as <c>InfluxDB</c>.</param>
/// <param name="Store">The store's URI without secrets.</param>
/// <param name="Product">What the server calls itself, with its version.</param>
/// <param name="Tables">Its tables.</param>
/// <param name="Settings">Its settings documents.</param>
/// <param name="Warnings">What could not be seen, in sentences.</param>
public sealed record Catalog(
    string Kind,
    string Store,
    string Product,
    IReadOnlyList<TableSchema> Tables,
    IReadOnlyList<SettingsDocument> Settings,
    IReadOnlyList<string> Warnings);
