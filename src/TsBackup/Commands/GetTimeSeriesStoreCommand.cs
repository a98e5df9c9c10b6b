using System.Management.Automation;
using TsBackup.Binding;
using TsBackup.Operations;
using TsBackup.Pipeline;

namespace TsBackup.Commands;

/// <summary>Asks live stores what they hold.</summary>
[Cmdlet(VerbsCommon.Get, "TimeSeriesStore")]
[OutputType(typeof(TimeSeriesStore))]
public sealed class GetTimeSeriesStoreCommand : AsyncCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StoreCompleter))]
    public string[] Store { get; set; } = [];

    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TableCompleter))]
    public string[] Table { get; set; } = [];

    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] ExcludeTable { get; set; } = [];

    [Parameter]
    [ValidateNotNull]
    [Credential]
    public PSCredential? Credential { get; set; }

    [Parameter]
    public SwitchParameter AllowUntrustedCertificate { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int TimeoutSec { get; set; } = StoreAccess.DefaultTimeout;

    protected override Task ProcessAsync(CancellationToken cancellation) => ForEachAsync(Store, async uri =>
    {
        await using var store = OpenStore(uri, new StoreAccess(Credential, AllowUntrustedCertificate, TimeoutSec));
        WriteObject(await StoreInspection.RunAsync(store, ScopeOf(Table, ExcludeTable), cancellation).ConfigureAwait(false));
    });
}
