using System.Management.Automation;
using TsBackup.Binding;
using TsBackup.Operations;
using TsBackup.Repository;

namespace TsBackup.Pipeline;

/// <summary>A cmdlet that works on one version per record: named by repository and id, or piped in.</summary>
public abstract class VersionCmdlet : RepositoryCmdlet
{
    protected const string ById = "Id";
    protected const string ByVersion = "Version";

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ById, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Repository { get; set; } = "";

    [Parameter(Position = 1, ParameterSetName = ById, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VersionIdCompleter))]
    public string VersionId { get; set; } = VersionQuery.Latest;

    [Parameter(Mandatory = true, ParameterSetName = ByVersion, ValueFromPipeline = true)]
    [ValidateNotNull]
    public BackupVersion? Version { get; set; }

    /// <summary>Path or URI of the repository that is meant.</summary>
    private protected string RepositoryMeant => Version?.Repository ?? Repository;

    /// <summary>Opens the repository that is meant and finds the version.</summary>
    /// <param name="store">Limits "latest" to a store; null = all.</param>
    /// <param name="before">Limits "latest" to versions that were cut before this time in nanoseconds; null = all.</param>
    /// <param name="cancellation">Stops the search.</param>
    private protected async Task<(RepositoryConnection Repository, VersionHeader Header)> FindVersionAsync(
        string? store, long? before, CancellationToken cancellation)
    {
        var connection = await OpenRepositoryAsync(RepositoryMeant, cancellation).ConfigureAwait(false);
        var header = await VersionQuery
            .FindAsync(connection, Version?.VersionId ?? VersionId, store, DateOf(before), cancellation).ConfigureAwait(false);
        return (connection, header);
    }
}
