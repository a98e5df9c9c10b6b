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

    /// <summary>All slots that can be read; needs no key. With one it is said which of them are genuine.</summary>
    /// <param name="onProblem">Told of each slot that is damaged.</param>
    /// <param name="ct">Stops the call.</param>
    public async Task<IReadOnlyList<KeySlot>> ListAsync(Action<RepositoryProblem>? onProblem, CancellationToken ct)
    {
        var slots = await _chest.ListAsync(onProblem, ct).ConfigureAwait(false);
        if (_repository.Store.Keys is not { } keys)
            return slots;
        var genuine = await _chest.VouchedAsync(keys, slots, ct).ConfigureAwait(false);
        await _repository.Log.FollowAsync(
            entry => genuine.ExceptWith(
                entry.Events.Where(item => item.Action == LogAction.Erased).Select(item => ObjectNames.Leaf(item.Name))),
            static (_, _) => { },
            ct).ConfigureAwait(false);
        return [.. slots.Select(slot => slot with { IsGenuine = genuine.Contains(slot.Id) || IsOwn(slot) })];
    }

    /// <summary>All slots that can be read.</summary>
    public Task<IReadOnlyList<KeySlot>> ListAsync(CancellationToken ct) => ListAsync(null, ct);

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
    /// Slots that are damaged or not genuine get no key and go with it.
    /// </summary>
    /// <param name="slotId">Id of the slot, or its label.</param>
    /// <param name="ct">Stops the call.</param>
    /// <returns>Ids of the slots that are gone, the one asked for first.</returns>
    /// <exception cref="TsBackupException">KeySlotNotFound, KeySlotLast, KeyCannotRead; RepositoryBusy when others change keys.</exception>
    public async Task<IReadOnlyList<string>> RemoveAsync(string slotId, CancellationToken ct)
    {
        var keys = RequireFull("Removing a key");
        List<string> damaged = [];
        var slots = await ListAsync(problem => damaged.Add(ObjectNames.Leaf(problem.Name)), ct).ConfigureAwait(false);
        var removed = slots.FirstOrDefault(slot => slot.Id == slotId || (slot.Label.Length > 0 && slot.Label == slotId))?.Id
            ?? damaged.Find(id => id == slotId)
            ?? throw new TsBackupException(
                ErrorId.KeySlotNotFound, $"There is no key slot '{slotId}'.", slotId, "List the keys to see their ids.");
        var staying = slots.Where(slot => slot.IsGenuine && slot.Id != removed).OrderByDescending(IsOwn).ToList();
        if (!staying.Exists(slot => slot.Access == KeyAccess.Full))
        {
            throw new TsBackupException(
                ErrorId.KeySlotLast,
                $"The key slot '{removed}' is the last with full access.", removed, "Add another key with full access first.");
        }
        var epoch = await StartEpochAsync(keys, staying, ct).ConfigureAwait(false);
        List<string> gone = [removed,
            .. slots.Where(slot => !slot.IsGenuine).Select(slot => slot.Id).Concat(damaged).Where(id => id != removed)];
        await EraseAsync(gone, epoch.Events, ct).ConfigureAwait(false);
        keys.Add(epoch.Epoch);
        _repository.Info = _repository.Info with { Epoch = keys.Current.Number };
        return gone;
    }

    /// <summary>Grants a new epoch to the slots that stay.</summary>
    private async Task<(KeyEpoch Epoch, List<LogEvent> Events)> StartEpochAsync(Keyring keys, List<KeySlot> staying, CancellationToken ct)
    {
        // What a run that was cut short granted has a number of its own.
        var before = await _repository.Store.ListNamesAsync(ObjectNames.Grants, ct).ConfigureAwait(false);
        var own = before.Where(name => ObjectNames.SlotOfGrant(name) == _repository.Info.SlotId);
        if (own.Any(name => ObjectNames.EpochOfGrant(name) > keys.Current.Number))
            throw Busy();
        var epoch = KeyEpoch.Create(Math.Max(keys.Current.Number, before.Select(ObjectNames.EpochOfGrant).DefaultIfEmpty().Max()) + 1);
        using var next = Keyring.Decode(keys.Encode(withReading: true));
        next.Add(epoch);

        // The own slot comes first: whatever happens then, this key opens all there is and can begin again.
        List<LogEvent> events = [];
        foreach (var slot in staying)
            events.Add(await _chest.GrantAsync(next, slot, ct).ConfigureAwait(false));
        var now = await _repository.Store.ListNamesAsync(ObjectNames.Grants, ct).ConfigureAwait(false);
        if (now.Except(before).Except(events.Select(item => item.Name)).Any())
            throw Busy();
        return (epoch with { WriterSecret = [.. epoch.WriterSecret], ReadPrivate = [.. epoch.ReadPrivate!] }, events);
    }

    private async Task EraseAsync(List<string> slots, List<LogEvent> events, CancellationToken ct)
    {
        var newest = events.Select(item => item.Name).ToHashSet(StringComparer.Ordinal);
        var grants = await _repository.Store.ListNamesAsync(ObjectNames.Grants, ct).ConfigureAwait(false);
        List<string> erased = [.. slots.Select(ObjectNames.Slot), .. grants.Where(name => !newest.Contains(name))];
        events.AddRange(erased.Select(name => new LogEvent(LogAction.Erased, name)));
        await _repository.Log.AppendAsync(events, ct).ConfigureAwait(false);
        foreach (var name in erased)
            await _repository.Store.Storage.DeleteAsync(name, ct).ConfigureAwait(false);
    }

    /// <summary>True for the slot that was opened, as long as it is the one that was opened.</summary>
    private bool IsOwn(KeySlot slot) =>
        slot.Id == _repository.Info.SlotId && slot.PublicKey.AsSpan().SequenceEqual(_repository.OwnPublicKey);

    private TsBackupException Busy() => new(
        ErrorId.RepositoryBusy,
        "Somebody else changed keys of the repository since it was opened; no key was removed.",
        _repository.Info.Location,
        "Run it again when the other is done.");

    private Keyring RequireFull(string what)
    {
        var keys = _repository.Store.RequireKeys(what);
        return keys.CanRead ? keys : throw RepositoryErrors.WriteOnly(what);
    }
}
