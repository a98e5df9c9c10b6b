using System.Management.Automation;
using TsBackup.Binding;
using TsBackup.Operations;
using TsBackup.Pipeline;
using TsBackup.Repository;

namespace TsBackup.Commands;

/// <summary>Shows what changed between two versions, or since a version in the live store.</summary>
[Cmdlet(VerbsData.Compare, "BackupVersion", DefaultParameterSetName = ById)]
[OutputType(typeof(BackupDifference))]
public sealed class CompareBackupVersionCommand : StoreVersionCmdlet
{
    [Parameter(Position = 2)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(VersionIdCompleter))]
    public string? With { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? WithRepository { get; set; }

    protected override async Task ProcessAsync(CancellationToken cancellation)
    {
        var (repository, header) = await FindVersionAsync(null, null, cancellation).ConfigureAwait(false);
        // Without anything to compare with, it is the store that the version was made from.
        var with = With ?? (WithRepository is null ? header.Store : VersionQuery.Latest);
        var differences = with.Contains("://", StringComparison.Ordinal)
            ? await CompareStoreAsync(repository, header, with, cancellation).ConfigureAwait(false)
            : await CompareVersionAsync(repository, header, with, cancellation).ConfigureAwait(false);
        foreach (var difference in differences)
            WriteObject(difference);
    }

    private async Task<IReadOnlyList<BackupDifference>> CompareStoreAsync(
        RepositoryConnection repository, VersionHeader header, string uri, CancellationToken cancellation)
    {
        await using var store = OpenStore(uri);
        return await CompareOperation
            .StoreAsync(repository, header, store, Environment.ProcessorCount, Observer, cancellation).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<BackupDifference>> CompareVersionAsync(
        RepositoryConnection repository, VersionHeader header, string id, CancellationToken cancellation)
    {
        var other = WithRepository is null ? repository : await OpenRepositoryAsync(WithRepository, cancellation).ConfigureAwait(false);
        var store = VersionQuery.IsLatest(id) ? header.Store : null;
        var second = await VersionQuery.FindAsync(other, id, store, null, cancellation).ConfigureAwait(false);
        return await CompareOperation.VersionsAsync(repository, header, other, second, cancellation).ConfigureAwait(false);
    }
}
