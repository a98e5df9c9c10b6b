using System.Management.Automation;
using TsBackup.Connectors;
using TsBackup.Operations;

namespace TsBackup.Binding;

/// <summary>What a user gives about a store besides its address.</summary>
/// <param name="Credential">User and password; null = what the address or the environment says.</param>
/// <param name="AllowUntrustedCertificate">Accept any TLS certificate.</param>
/// <param name="TimeoutSec">Seconds allowed for one request.</param>
internal sealed record StoreAccess(PSCredential? Credential, bool AllowUntrustedCertificate, int TimeoutSec)
{
    /// <summary>Variable of the environment that holds the store's password when nothing else does.</summary>
    public const string PasswordVariable = "TSBACKUP_STORE_PASSWORD";

    /// <summary>Variable of the environment that names the user of stores whose URI names none.</summary>
    public const string UserVariable = "TSBACKUP_STORE_USER";

    /// <summary>Default of the parameter -TimeoutSec.</summary>
    public const int DefaultTimeout = 300;

    /// <summary>Makes the connector of a store; nothing is sent yet.</summary>
    /// <exception cref="Errors.TsBackupException">ConnectorNotFound, StoreUriInvalid.</exception>
    public IConnector Open(StoreAddress address, IOperationObserver observer)
    {
        return ConnectorCatalog.Open(WithSecret(address), new ConnectorOptions
        {
            AllowUntrustedCertificate = AllowUntrustedCertificate,
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
            Warn = observer.Warning,
            Log = observer.Verbose,
        });
    }

    /// <summary>Makes the connector of a store as the user wrote it.</summary>
    /// <exception cref="Errors.TsBackupException">ConnectorNotFound, StoreUriInvalid.</exception>
    public IConnector Open(string uri, IOperationObserver observer)
    {
        var address = StoreAddress.Parse(uri);
        if (address.Password is not null)
            observer.Warning("The password in the store's URI stays in the command history; use -Credential.");
        return Open(address, observer);
    }

    private StoreAddress WithSecret(StoreAddress address)
    {
        if (Credential is { } credential)
            return address.WithCredential(credential.UserName, credential.GetNetworkCredential().Password);
        // A file with a key has both halves of it, which must not be mixed with those of another one.
        return address.Option("key-file") is not null
            ? address
            : address.WithCredential(
                address.UserName is null ? Variable(UserVariable) : null,
                address.Password is null ? Variable(PasswordVariable) : null);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
