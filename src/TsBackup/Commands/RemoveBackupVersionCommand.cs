using System.Management.Automation;
using TsBackup.Binding;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Pipeline;
using TsBackup.Repository;

namespace TsBackup.Commands;

/// <summary>Removes versions, one by one or by a rule of what to keep.</summary>
[Cmdlet(
    VerbsCommon.Remove, "BackupVersion", DefaultParameterSetName = ById, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(BackupRetention))]
public sealed class RemoveBackupVersionCommand : RepositoryCmdlet
{
    private const string ById = "Id";
    private const string ByVersion = "Version";
    private const string ByRule = "Rule";

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ById, ValueFromPipelineByPropertyName = true)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByRule, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Repository { get; set; } = "";

    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ById, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VersionIdCompleter))]
    public string VersionId { get; set; } = "";

    [Parameter(Mandatory = true, ParameterSetName = ByVersion, ValueFromPipeline = true)]
    [ValidateNotNull]
    public BackupVersion? Version { get; set; }

    [Parameter(ParameterSetName = ByRule)]
    public SwitchParameter ByRetention { get; set; }

    [Parameter(ParameterSetName = ByRule)]
    [ValidateRange(0, int.MaxValue)]
    public int KeepLast { get; set; }

    [Parameter(ParameterSetName = ByRule)]
    [ValidateRange(0, int.MaxValue)]
    public int KeepHourly { get; set; }

    [Parameter(ParameterSetName = ByRule)]
    [ValidateRange(0, int.MaxValue)]
    public int KeepDaily { get; set; }

    [Parameter(ParameterSetName = ByRule)]
    [ValidateRange(0, int.MaxValue)]
    public int KeepWeekly { get; set; }

    [Parameter(ParameterSetName = ByRule)]
    [ValidateRange(0, int.MaxValue)]
    public int KeepMonthly { get; set; }

    [Parameter(ParameterSetName = ByRule)]
    [ValidateRange(0, int.MaxValue)]
    public int KeepYearly { get; set; }

    [Parameter(ParameterSetName = ByRule)]
    public TimeSpan? KeepWithin { get; set; }

    [Parameter(ParameterSetName = ByRule)]
    [Alias("Tag")]
    [ValidateNotNullOrEmpty]
    public string[] KeepTag { get; set; } = [];

    [Parameter(ParameterSetName = ByRule)]
    [ValidateNotNullOrEmpty]
    public string? Store { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override async Task ProcessAsync(CancellationToken cancellation)
    {
        var repository = await OpenRepositoryAsync(Version?.Repository ?? Repository, cancellation).ConfigureAwait(false);
        if (ParameterSetName == ByRule)
        {
            await ApplyRuleAsync(repository, cancellation).ConfigureAwait(false);
            return;
        }
        var id = Version?.VersionId ?? VersionId;
        if (await ShouldProcessAsync($"{id} in {repository.Location}", "Remove version").ConfigureAwait(false))
            WriteObject(await RetentionOperation.RemoveAsync(repository, id, Force, cancellation).ConfigureAwait(false));
    }

    private async Task ApplyRuleAsync(RepositoryConnection repository, CancellationToken cancellation)
    {
        if (KeepLast + KeepHourly + KeepDaily + KeepWeekly + KeepMonthly + KeepYearly == 0 && KeepWithin is null && KeepTag.Length == 0)
            throw new TsBackupException(
                ErrorId.ArgumentInvalid, "No rule says what to keep.", hint: "Give at least one of the parameters -Keep….");
        var consent = await AskAsync(repository.Location, "Remove the versions that no rule keeps", null, Force).ConfigureAwait(false);
        if (consent == Consent.Refused)
            return;
        var rule = new RetentionRule
        {
            KeepLast = KeepLast,
            KeepHourly = KeepHourly,
            KeepDaily = KeepDaily,
            KeepWeekly = KeepWeekly,
            KeepMonthly = KeepMonthly,
            KeepYearly = KeepYearly,
            KeepWithin = KeepWithin,
            KeepTags = KeepTag,
            Force = Force,
        };
        var planOnly = consent == Consent.PlanOnly;
        foreach (var decision in await RetentionOperation.ApplyAsync(repository, rule, Store, planOnly, cancellation).ConfigureAwait(false))
            WriteObject(decision);
    }
}
