using System.Management.Automation;
using TsBackup.Binding;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Pipeline;

namespace TsBackup.Commands;

/// <summary>Restores a version into a store.</summary>
[Cmdlet(
    VerbsData.Restore, "TimeSeries", DefaultParameterSetName = ById, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(RestoreResult))]
public sealed class RestoreTimeSeriesCommand : CopiesCmdlet
{
    private const int SettingsNamed = 5;

    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StoreCompleter))]
    public string Target { get; set; } = "";

    [Parameter(ParameterSetName = ById)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StoreCompleter))]
    public string? Store { get; set; }

    [Parameter(ParameterSetName = ById)]
    [TimeTransformation]
    public long? Before { get; set; }

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
    [TimeTransformation]
    public long? Start { get; set; }

    [Parameter]
    [TimeTransformation]
    public long? End { get; set; }

    [Parameter]
    public SwitchParameter NoSettings { get; set; }

    [Parameter]
    [RenameTransformation]
    [ValidateNotNullOrEmpty]
    public string[] Rename { get; set; } = [];

    [Parameter]
    public OnConflict OnConflict { get; set; } = OnConflict.Fail;

    [Parameter]
    public SwitchParameter NoVerify { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override async Task ProcessAsync(CancellationToken cancellation)
    {
        var scope = ScopeOf(Table, ExcludeTable, Start, End, NoSettings);
        var renames = TableRenames.Parse(Rename);
        await using var target = OpenStore(Target);
        var found = await FindVersionWithCopiesAsync(Store, Before, cancellation).ConfigureAwait(false);
        var consent = await AskAsync(target.Address.ToString(), found.Header.Id).ConfigureAwait(false);
        if (consent == Consent.Refused)
            return;
        var request = new RestoreRequest
        {
            Repository = found.Repository,
            Copies = found.Others,
            Heal = Heal ? found.Meant : null,
            Target = target,
            Scope = scope,
            Renames = renames,
            OnConflict = OnConflict,
            PlanOnly = consent == Consent.PlanOnly,
            Verify = !NoVerify,
            Observer = Observer,
        };
        Report(await RestoreOperation.RunAsync(request, found.Header, cancellation).ConfigureAwait(false));
    }

    private Task<Consent> AskAsync(string target, string version)
    {
        var mayDelete = OnConflict == OnConflict.Overwrite;
        var action = $"Restore version {version}" + (mayDelete ? ", deleting rows that are in its way" : "");
        var question = mayDelete ? $"Rows of {target} that are in the way of version {version} will be deleted. Go on?" : null;
        return AskAsync(target, action, question, Force);
    }

    private void Report(RestoreResult result)
    {
        WriteObject(result);
        if (result.IsPlan)
            return;
        WarnOfSettings([.. result.Settings.Where(setting => !setting.Restored)], result);
        if (result.RowsFailed > 0)
        {
            WriteError(new TsBackupException(
                ErrorId.RestoreIncomplete,
                $"{result.RowsFailed} of {result.RowsInBackup} rows of version {result.VersionId} were not restored into {result.Target}.",
                result.Target,
                "The property Problems says why; a copy of the repository given with -Copy can replace what is damaged."));
        }
        if (result.Verified == false)
        {
            WriteError(new TsBackupException(
                ErrorId.VerificationFailed,
                $"{result.Target} does not equal version {result.VersionId}.",
                result.Target,
                "The property Problems names the parts that differ. Was something else writing to the target?"));
        }
    }

    private void WarnOfSettings(RestoreSetting[] missing, RestoreResult result)
    {
        if (missing.Length == 0)
            return;
        var named = missing.Take(SettingsNamed).Select(setting => $"{setting.Kind} {setting.Name}: not restored, {setting.Remark}");
        var more = missing.Length > SettingsNamed ? $"; and {missing.Length - SettingsNamed} more" : "";
        WriteWarning(
            $"{missing.Length} of {result.Settings.Count} settings documents of version {result.VersionId} were not restored into "
            + $"{result.Target}; the property Settings says which. {string.Join("; ", named)}{more}");
    }
}
