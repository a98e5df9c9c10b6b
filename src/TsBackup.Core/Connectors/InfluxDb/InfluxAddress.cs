using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>What an address of InfluxDB must be like.</summary>
internal static class InfluxAddress
{
    /// <summary>Options that an address may have.</summary>
    private static readonly IReadOnlyList<string> Options = ["snapshot", "restore"];

    /// <summary>Checks an address.</summary>
    /// <exception cref="TsBackupException">StoreUriInvalid, or CapabilityMissing for the server's own database.</exception>
    public static void Check(StoreAddress address)
    {
        if (address.Host.Length == 0 || address.Path.Length == 0)
        {
            throw new TsBackupException(
                ErrorId.StoreUriInvalid,
                $"{address} names no {(address.Host.Length == 0 ? "host" : "database")}.",
                address.ToString(),
                "Write it like influxdb://host:8086/database.");
        }
        if (address.Options.Keys.FirstOrDefault(name => !Options.Contains(name)) is { } unknown)
        {
            throw new TsBackupException(
                ErrorId.StoreUriInvalid,
                $"The address of {address} has the unknown option '{unknown}'.",
                address.ToString(),
                $"Known are: {string.Join(", ", Options)}.");
        }
        if (address.Option("restore") is not (null or "lines" or "native"))
        {
            throw new TsBackupException(
                ErrorId.StoreUriInvalid,
                $"{address} can be restored by 'lines' or 'native', not by '{address.Option("restore")}'.",
                address.ToString(),
                "Leave ?restore= out to let the server's state decide.");
        }
        if (address.Path == "_internal")
        {
            throw new TsBackupException(
                ErrorId.CapabilityMissing,
                $"{address} holds the server's own statistics, which are neither backed up nor restored.",
                address.ToString(),
                "Name a database of your own.");
        }
    }
}
