using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>The blocks that versions refer to, removed versions included as long as their object is there.</summary>
internal static class LiveBlocks
{
    /// <exception cref="TsBackupException">
    /// A version cannot be read: then nobody can say what it needs, and nothing may be swept.
    /// </exception>
    public static async Task<HashSet<BlockId>> CollectAsync(BlockRepository repository, CancellationToken ct)
    {
        HashSet<BlockId> live = [];
        HashSet<BlockId> listsSeen = [];
        foreach (var name in await repository.Store.ListNamesAsync(ObjectNames.Versions, ct).ConfigureAwait(false))
        {
            VersionHeader version;
            try
            {
                version = await repository.Versions.ReadAsync(name, ct).ConfigureAwait(false);
            }
            catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectNotFound)
            {
                // Erased by another compaction since the listing.
                continue;
            }
            live.UnionWith(version.ContentPieces);
            live.UnionWith(version.ReferencePieces);

            // Versions that did not change share their list.
            if (version.ReferencePieces.Count == 1 && !listsSeen.Add(version.ReferencePieces[0]))
                continue;
            live.UnionWith(await repository.ReadReferencesAsync(version, ct).ConfigureAwait(false));
        }
        return live;
    }
}
