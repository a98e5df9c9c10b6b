using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>The groups of the previous version that can be taken over: complete, with a fingerprint, all blocks still there.</summary>
internal sealed class PreviousVersion
{
    private readonly Dictionary<string, GroupEntry> _groups = new(StringComparer.Ordinal);

    private PreviousVersion(IEnumerable<GroupEntry> groups, BlockRepository repository)
    {
        foreach (var group in groups)
        {
            if (group.Fingerprint is not null && group.Slices.All(s => s.IsComplete && s.Blocks.All(b => repository.ContainsBlock(b.Id))))
                _groups[group.Id] = group;
        }
    }

    /// <summary>Finds it; null when there is none or it cannot be read (then everything is read anew, which is safe).</summary>
    public static async Task<PreviousVersion?> FindAsync(
        RepositoryConnection connection, string store, string scope, IOperationObserver observer, CancellationToken cancellation)
    {
        VersionHeader? newest = null;
        await foreach (var header in connection.Repository.ListVersionsAsync(cancellation).ConfigureAwait(false))
        {
            if (header.Store == store && header.ScopeText == scope && (newest is null || header.Finished >= newest.Finished))
                newest = header;
        }
        if (newest is null)
            return null;
        try
        {
            var content = await VersionReader.ReadAsync(connection, newest, cancellation).ConfigureAwait(false);
            return new PreviousVersion(content.Groups, connection.Repository);
        }
        catch (TsBackupException e) when (e.Kind is ErrorKind.Damaged or ErrorKind.NotFound or ErrorKind.Version)
        {
            observer.Warning($"The previous version {newest.Id} cannot be built upon, so everything is read: {e.Message}");
            return null;
        }
    }

    /// <summary>The group as it was, when the store says that it has not changed since.</summary>
    public async ValueTask<GroupEntry?> UnchangedAsync(IConnector connector, SliceGroup group, CancellationToken cancellation) =>
        _groups.TryGetValue(group.Id, out var entry)
            && await connector.IsUnchangedAsync(group, entry.Fingerprint!, cancellation).ConfigureAwait(false) ? entry : null;
}
