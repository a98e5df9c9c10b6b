using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>Adds, lists and removes key slots. Changing a passphrase is adding the new one and removing the old.</summary>
public sealed class KeyManagement
{
    private readonly BlockRepository _repository;
    private readonly KeyChest _chest;

    internal KeyManagement(BlockRepository repository)
    {
        _repository = repository;
        _chest = new KeyChest(repository.Store);
    }

    /// <summary>All slots; needs no key.</summary>
    /// <exception cref="TsBackupException">KeyDamaged.</exception>
    public async Task<IReadOnlyList<KeySlot>> ListAsync(CancellationToken ct) => await _chest.ListAsync(ct).ConfigureAwait(false);

    /// <summary>Adds a slot.</summary>
    /// <param name="source">Passphrase, or certificate (its public half is enough).</param>
    /// <param name="access">What it allows.</param>
    /// <param name="label">A name for people; not taken by another slot unless empty.</param>
    /// <param name="iterations">Rounds of PBKDF2 for a passphrase.</param>
    /// <param name="ct">Stops the call.</param>
    /// <exception cref="TsBackupException">KeySlotExists, KeyCannotRead when the open key has no full access.</exception>
    public async Task<KeySlot> AddAsync(KeySource source, KeyAccess access, string label, int iterations, CancellationToken ct)
    {
        var keys = RequireFull("Adding a key");
        if (label.Length > 0 && (await ListAsync(ct).ConfigureAwait(false)).Any(slot => slot.Label == label))
            throw new TsBackupException(ErrorId.KeySlotExists, $"There is a key slot '{label}' already.", label, "Choose another label.");
        var (added, events) = await _chest.AddAsync(keys, source, access, label, iterations, ct).ConfigureAwait(false);
        await _repository.Log.AppendAsync(events, ct).ConfigureAwait(false);
        return added;
    }

    /// <summary>
    /// Removes a slot and starts a new epoch: whoever has only that slot can open nothing that is written afterwards. What was written
    /// before stays open to who kept its key, until compaction with <see cref="CompactionOptions.RewriteOldEpochs"/> has swept it.
    /// </summary>
    /// <param name="slotId">Id of the slot, or its label.</param>
    /// <param name="ct">Stops the call.</param>
    /// <exception cref="TsBackupException">KeySlotNotFound, KeySlotLast, KeyCannotRead.</exception>
    public async Task RemoveAsync(string slotId, CancellationToken ct)
    {
        var keys = RequireFull("Removing a key");
        var slots = await ListAsync(ct).ConfigureAwait(false);
        var slot = slots.FirstOrDefault(slot => slot.Id == slotId || (slot.Label.Length > 0 && slot.Label == slotId))
            ?? throw new TsBackupException(ErrorId.KeySlotNotFound, $"There is no key slot '{slotId}'.", slotId, "List the keys to see their ids.");
        if (!slots.Any(other => other.Id != slot.Id && other.Access == KeyAccess.Full))
        {
            throw new TsBackupException(
                ErrorId.KeySlotLast, $"The key slot '{slot.Id}' is the last with full access.", slot.Id, "Add another key with full access first.");
        }
        keys.Add(KeyEpoch.Create(keys.Current.Number + 1));
        List<LogEvent> events = [];
        foreach (var other in slots.Where(other => other.Id != slot.Id))
            events.Add(await _chest.GrantAsync(keys, other, ct).ConfigureAwait(false));
        var newest = events.Select(item => item.Name).ToHashSet(StringComparer.Ordinal);
        List<string> erased = [ObjectNames.Slot(slot.Id)];
        erased.AddRange((await _repository.Store.ListNamesAsync(ObjectNames.Grants, ct).ConfigureAwait(false)).Where(name => !newest.Contains(name)));
        events.AddRange(erased.Select(name => new LogEvent(LogAction.Erased, name)));
        await _repository.Log.AppendAsync(events, ct).ConfigureAwait(false);
        foreach (var name in erased)
            await _repository.Store.Storage.DeleteAsync(name, ct).ConfigureAwait(false);
        _repository.Info = _repository.Info with { Epoch = keys.Current.Number };
    }

    private Keyring RequireFull(string what)
    {
        var keys = _repository.Store.RequireKeys(what);
        return keys.CanRead ? keys : throw RepositoryErrors.WriteOnly(what);
    }
}
