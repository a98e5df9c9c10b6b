using System.Management.Automation;
using TsBackup.Binding;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Pipeline;
using TsBackup.Repository;

namespace TsBackup.Commands;

/// <summary>Lists the versions of repositories, oldest first.</summary>
[Cmdlet(VerbsCommon.Get, "BackupVersion")]
[OutputType(typeof(BackupVersion))]
public sealed class GetBackupVersionCommand : RepositoryCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Repository { get; set; } = [];

    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VersionIdCompleter))]
    public string[] VersionId { get; set; } = [];

    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StoreCompleter))]
    public string[] Store { get; set; } = [];

    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TagCompleter))]
    public string[] Tag { get; set; } = [];

    [Parameter]
    public BackupVersionState? State { get; set; }

    [Parameter]
    [TimeTransformation]
    public long? Before { get; set; }

    [Parameter]
    public SwitchParameter Latest { get; set; }

    [Parameter]
    public SwitchParameter Removed { get; set; }

    protected override Task ProcessAsync(CancellationToken cancellation) => ForEachAsync(Repository, async location =>
    {
        var repository = await OpenRepositoryAsync(location, cancellation).ConfigureAwait(false);
        var filter = Filter();
        var versions = await filter.ListAsync(repository, Tell, cancellation).ConfigureAwait(false);
        foreach (var version in versions)
            WriteObject(version);
        foreach (var id in filter.Ids.Where(id => !WildcardPattern.ContainsWildcardCharacters(id)))
        {
            if (!versions.Any(version => version.VersionId.StartsWith(id, StringComparison.Ordinal)))
                WriteError(NotFound(repository.Location, id));
        }
    });

    /// <summary>What cannot be read is not listed, but neither is it passed over.</summary>
    private void Tell(RepositoryProblem problem) => WriteError(
        new TsBackupException(problem.ErrorId, problem.Reason, problem.Name, "Take it from a copy with Repair-BackupRepository -From."));

    private static TsBackupException NotFound(string repository, string id) => new(
        ErrorId.VersionNotFound,
        $"{repository} holds no version '{id}' of those asked for.",
        id,
        "List all its versions with Get-BackupVersion.");

    private VersionFilter Filter()
    {
        // The word "latest" means here what it means to the other cmdlets.
        var ids = VersionId.Where(id => !id.Equals(VersionQuery.Latest, StringComparison.OrdinalIgnoreCase)).ToArray();
        return new VersionFilter
        {
            Stores = Store,
            Ids = ids,
            Tags = Tag,
            State = State,
            Before = DateOf(Before),
            Latest = Latest || ids.Length < VersionId.Length,
            Removed = Removed,
        };
    }
}
