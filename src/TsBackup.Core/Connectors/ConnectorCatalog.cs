using TsBackup.Connectors.Files;
using TsBackup.Connectors.InfluxDb;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Connectors.Tablestore;
using TsBackup.Errors;

namespace TsBackup.Connectors;

/// <summary>All connectors of this build. A new connector is a folder and a line here.</summary>
public static class ConnectorCatalog
{
    /// <summary>The connectors.</summary>
    public static IReadOnlyList<ConnectorInfo> All { get; } =
    [
        InfluxDbConnector.Info,
        InfluxFilesConnector.Info,
        FileConnector.Info,
        TablestoreConnector.Info,
    ];

    /// <summary>Makes the connector for an address.</summary>
    /// <exception cref="TsBackupException">ConnectorNotFound when no connector knows the scheme; StoreUriInvalid.</exception>
    public static IConnector Open(StoreAddress address, ConnectorOptions? options = null) =>
        Find(address).Create(address, options ?? new ConnectorOptions());

    /// <summary>The catalog's line for an address.</summary>
    /// <exception cref="TsBackupException">ConnectorNotFound.</exception>
    public static ConnectorInfo Find(StoreAddress address)
    {
        foreach (var info in All)
        {
            if (info.Schemes.Contains(address.Scheme))
                return info;
        }
        throw new TsBackupException(
            ErrorId.ConnectorNotFound,
            $"No connector knows the scheme '{address.Scheme}'.",
            address.ToString(),
            $"Known are: {string.Join(", ", All.SelectMany(info => info.Schemes))}.");
    }
}
