using System.Management.Automation;
using TsBackup.Binding;
using TsBackup.Connectors;

namespace TsBackup.Pipeline;

/// <summary>A cmdlet that works on one version per record and talks to a store besides.</summary>
public abstract class StoreVersionCmdlet : VersionCmdlet
{
    [Parameter]
    [ValidateNotNull]
    [Credential]
    public PSCredential? Credential { get; set; }

    [Parameter]
    public SwitchParameter AllowUntrustedCertificate { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int TimeoutSec { get; set; } = StoreAccess.DefaultTimeout;

    /// <summary>What the user gave about stores besides their addresses.</summary>
    private protected StoreAccess Access => new(Credential, AllowUntrustedCertificate, TimeoutSec);

    /// <summary>Makes the connector of a store.</summary>
    private protected IConnector OpenStore(string store) => Access.Open(store, Observer);
}
