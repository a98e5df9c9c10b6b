namespace TsBackup.Repository;

/// <summary>
/// The second phase of compaction. A mark is due when its grace is over and no run is under way that began before it. Order: sessions of
/// dead runs are taken away, then the versions are read, then packs are deleted; a run stores its version, then looks for its session.
/// So either the version is seen here, or the run takes it back.
/// </summary>
internal sealed class Sweep(BlockRepository repository, CompactionOptions options)
{
    // Three beats of a session: whoever missed them is taken for dead.
    private static readonly TimeSpan s_silence = TimeSpan.FromMinutes(15);

    private readonly ObjectStore _store = repository.Store;

    public async Task<(int Packs, long Bytes, int Waiting)> RunAsync(CancellationToken ct)
    {
        List<SweepMark> due = [];
        var waiting = 0;
        foreach (var mark in await SweepMark.ReadAllAsync(_store, ct).ConfigureAwait(false))
        {
            if (await SeenSessions.GetAsync(_store, mark, ct).ConfigureAwait(false) is not { } seen)
                continue;
            if (await IsDueAsync(seen, ct).ConfigureAwait(false))
                due.Add(mark);
            else
                waiting++;
        }
        if (due.Count == 0)
            return (0, 0, waiting);
        var (packs, bytes) = await SweepAsync(due, ct).ConfigureAwait(false);
        return (packs, bytes, waiting);
    }

    private async Task<bool> IsDueAsync(SeenSessions seen, CancellationToken ct)
    {
        var age = _store.Clock.GetUtcNow() - seen.Time;
        if (age < options.Grace)
            return false;
        if (age >= s_silence)
        {
            foreach (var name in seen.Names)
                await _store.Storage.DeleteAsync(name, ct).ConfigureAwait(false);
        }

        // A run that lives has another beat by now, or was gone before.
        var alive = await SeenSessions.ListAsync(_store, ct).ConfigureAwait(false);
        var ids = seen.Names.Select(WriterSession.IdOf).ToHashSet(StringComparer.Ordinal);
        return !alive.Any(name => ids.Contains(WriterSession.IdOf(name)));
    }

    private async Task<(int Packs, long Bytes)> SweepAsync(List<SweepMark> due, CancellationToken ct)
    {
        await repository.Loader.LoadAsync(again: true, ct).ConfigureAwait(false);
        await AvoidMissingAsync(ct).ConfigureAwait(false);
        var live = await LiveBlocks.CollectAsync(repository, ct).ConfigureAwait(false);
        var marked = due.SelectMany(mark => mark.Packs).ToHashSet();
        foreach (var pack in repository.Index.Packs.Where(pack => marked.Contains(pack.Id)))
            pack.IsAvoided = true;
        var doomed = marked.Except(Needed(marked, live)).ToHashSet();
        var erased = doomed.Select(ObjectNames.Pack).ToList();
        var (added, replaced) = await new IndexMerger(repository).RunAsync(doomed, ct).ConfigureAwait(false);
        erased.AddRange(replaced);
        if (erased.Count > 0)
        {
            List<LogEvent> events = [.. added, .. erased.Select(name => new LogEvent(LogAction.Erased, name))];
            await repository.Log.AppendAsync(events, ct).ConfigureAwait(false);
        }
        long bytes = 0;
        foreach (var id in doomed)
            bytes += repository.Index.FindPack(id)?.Length ?? 0;
        foreach (var name in erased)
            await _store.Storage.DeleteAsync(name, ct).ConfigureAwait(false);
        foreach (var mark in due)
        {
            await _store.Storage.DeleteAsync(SeenSessions.NameOf(mark), ct).ConfigureAwait(false);
            await _store.Storage.DeleteAsync(mark.Name, ct).ConfigureAwait(false);
        }
        repository.Index.AvoidAll(doomed);
        return (doomed.Count, bytes);
    }

    /// <summary>
    /// Another sweep may have deleted packs that the index in memory still has. It deletes them before its mark: whatever is not among the
    /// marks that were read here is missing by now.
    /// </summary>
    private async Task AvoidMissingAsync(CancellationToken ct)
    {
        HashSet<PackId> there = [];
        await foreach (var found in _store.Storage.ListAsync(ObjectNames.Packs, ct).ConfigureAwait(false))
        {
            if (ObjectNames.TryPackId(found.Name, out var id))
                there.Add(id);
        }
        foreach (var pack in repository.Index.Packs.Where(pack => !there.Contains(pack.Id)))
            pack.IsAvoided = true;
    }

    private IEnumerable<PackId> Needed(IEnumerable<PackId> marked, HashSet<BlockId> live)
    {
        var numbers = marked.Where(id => repository.Index.FindPack(id) is not null).Select(repository.Index.NumberOf).ToHashSet();
        foreach (var (number, entries) in repository.Index.EntriesOf(numbers))
        {
            if (entries.Exists(entry => live.Contains(entry.Id) && !repository.Index.CanRelyOn(entry.Id)))
                yield return repository.Index.Pack(number).Id;
        }
    }
}
