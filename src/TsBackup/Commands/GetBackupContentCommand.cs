using System.Management.Automation;
using TsBackup.Binding;
using TsBackup.Operations;
using TsBackup.Pipeline;

namespace TsBackup.Commands;

/// <summary>Lists the tables of a version.</summary>
[Cmdlet(VerbsCommon.Get, "BackupContent", DefaultParameterSetName = ById)]
[OutputType(typeof(BackupTable))]
public sealed class GetBackupContentCommand : VersionCmdlet
{
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TableCompleter))]
    public string[] Table { get; set; } = [];

    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] ExcludeTable { get; set; } = [];

    protected override async Task ProcessAsync(CancellationToken cancellation)
    {
        var (repository, header) = await FindVersionAsync(null, null, cancellation).ConfigureAwait(false);
        var scope = ScopeOf(Table, ExcludeTable);
        foreach (var table in await VersionQuery.ContentsAsync(repository, header, cancellation).ConfigureAwait(false))
        {
            if (scope.Covers(new(table.Group, table.Table)))
                WriteObject(table);
        }
    }
}
