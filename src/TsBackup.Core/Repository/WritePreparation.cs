using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>
/// What a run that writes does first: read marks and index, leave out packs that are marked, missing or of another length than the
/// index says, and take over whole packs that an interrupted run left without an index.
/// </summary>
internal sealed class WritePreparation(BlockRepository repository)
{
    /// <returns>Numbers of the packs that no index object covers.</returns>
    public async Task<List<int>> RunAsync(CancellationToken ct)
    {
        // The session is announced before this: a mark that is not seen here was made by somebody who sees the session.
        var marks = await SweepMark.ReadForRunAsync(repository.Store, ct).ConfigureAwait(false);
        await repository.Loader.LoadAsync(again: true, ct).ConfigureAwait(false);
        Dictionary<PackId, long> there = [];
        await foreach (var found in repository.Store.Storage.ListAsync(ObjectNames.Packs, ct).ConfigureAwait(false))
        {
            if (ObjectNames.TryPackId(found.Name, out var id))
                there[id] = found.Length;
        }
        var leftovers = await TakeOverAsync(there, ct).ConfigureAwait(false);
        var marked = marks.SelectMany(mark => mark.Packs).ToHashSet();
        foreach (var pack in repository.Index.Packs)
            pack.IsAvoided = marked.Contains(pack.Id) || !there.TryGetValue(pack.Id, out var length) || length != pack.Length;
        return leftovers;
    }

    private async Task<List<int>> TakeOverAsync(Dictionary<PackId, long> there, CancellationToken ct)
    {
        List<int> taken = [];
        foreach (var (id, length) in there)
        {
            if (repository.Index.FindPack(id) is not null)
                continue;
            try
            {
                var entries = await PackDirectory.ReadAsync(repository.Store, ObjectNames.Pack(id), length, ct).ConfigureAwait(false);
                repository.Index.AddPack(id, length, entries);
                taken.Add(repository.Index.NumberOf(id));
            }
            catch (TsBackupException failure) when (failure.Id is ErrorId.PackDamaged or ErrorId.ObjectNotFound)
            {
                // Nobody refers to it: compaction clears it away, and the Stored check tells of it.
            }
        }
        return taken;
    }
}
