using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>Removes versions so that they can be taken back until the next compaction.</summary>
public sealed class VersionRemoval
{
    private readonly BlockRepository _repository;

    internal VersionRemoval(BlockRepository repository) => _repository = repository;

    /// <summary>Removes a version. It is no longer listed; its blocks stay until compaction.</summary>
    /// <param name="id">Its id, or the start of it.</param>
    /// <param name="force">Also when it is protected.</param>
    /// <param name="ct">Stops the call.</param>
    /// <exception cref="TsBackupException">VersionNotFound, VersionAmbiguous, VersionProtected.</exception>
    public async Task<VersionHeader> RemoveAsync(string id, bool force, CancellationToken ct)
    {
        var version = await _repository.GetVersionAsync(id, ct).ConfigureAwait(false);
        if (version.IsProtected && !force)
        {
            throw new TsBackupException(
                ErrorId.VersionProtected, $"The version '{version.Id}' is protected.", version.Id, "Force the removal if it must go.");
        }
        var time = _repository.Store.Clock.GetUtcNow();
        await _repository.Store.PutAsync(
            ObjectKind.Removal, RemovalObject.NewName(version.Id), RemovalObject.Encode(time), default, ct).ConfigureAwait(false);
        return version with { Removed = time };
    }

    /// <summary>Takes a removed version back.</summary>
    /// <exception cref="TsBackupException">VersionNotFound when it is not there any more, or was not removed.</exception>
    public async Task<VersionHeader> TakeBackAsync(string id, CancellationToken ct)
    {
        var version = await _repository.Versions.GetAsync(id, includeRemoved: true, ct).ConfigureAwait(false);
        if (version.Removed is null)
            throw new TsBackupException(ErrorId.VersionNotFound, $"The version '{version.Id}' is not removed.", version.Id);
        foreach (var name in await _repository.Store.ListNamesAsync(ObjectNames.Removals, ct).ConfigureAwait(false))
        {
            if (ObjectNames.Leaf(name).Split('.')[0] == version.Id)
                await _repository.Store.Storage.DeleteAsync(name, ct).ConfigureAwait(false);
        }

        // Compaction may have been erasing it meanwhile; then this says that it is gone.
        return await _repository.GetVersionAsync(version.Id, ct).ConfigureAwait(false);
    }
}
