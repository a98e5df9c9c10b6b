using System.Globalization;
using System.Runtime.CompilerServices;
using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>
/// The log of what was added and erased: numbered entries, each with the checksum of the one before (FORMAT.md section 8). Storage
/// gives a number to one writer only, so entries have one order however many write.
/// </summary>
public sealed class VersionLog
{
    private const int MaxTries = 1000;

    private readonly ObjectStore _store;

    internal VersionLog(ObjectStore store) => _store = store;

    /// <summary>The last entry; sequence 0 when there is none.</summary>
    public async Task<LogPosition> GetHeadAsync(CancellationToken ct)
    {
        var last = (await SequencesAsync(ct).ConfigureAwait(false)).LastOrDefault();
        return last == 0 ? new LogPosition(_store.Id.ToString(), 0, "") : (await ReadAsync(last, ct).ConfigureAwait(false)).Position;
    }

    /// <summary>
    /// The position after which to go on. A last entry that is damaged, such as one that a crash tore, has no checksum to name.
    /// </summary>
    internal async Task<LogPosition> GetEndAsync(CancellationToken ct)
    {
        var last = (await SequencesAsync(ct).ConfigureAwait(false)).LastOrDefault();
        return last == 0 ? new LogPosition(_store.Id.ToString(), 0, "") : await PositionOrDamagedAsync(last, ct).ConfigureAwait(false);
    }

    /// <summary>All entries in order. Gaps, damage and broken links are errors, unless a repair took note of them.</summary>
    /// <exception cref="TsBackupException">
    /// RecordDamaged when an entry is damaged, missing, or does not follow from the one before.
    /// </exception>
    public async IAsyncEnumerable<LogEntry> ReadAllAsync([EnumeratorCancellation] CancellationToken ct)
    {
        List<LogEntry> entries = [];
        TsBackupException? trouble = null;
        await FollowAsync(entries.Add, (_, failure) => trouble ??= failure, ct).ConfigureAwait(false);
        if (trouble is not null)
            throw trouble;
        foreach (var entry in entries)
            yield return entry;
    }

    /// <summary>Reads all entries that can be read, and tells of those that cannot. A broken link is told of the entry before it.</summary>
    /// <returns>Number of the last entry.</returns>
    internal async Task<long> FollowAsync(Action<LogEntry> onEntry, Action<string, TsBackupException> onProblem, CancellationToken ct)
    {
        var follower = new LogFollower();
        foreach (var sequence in await SequencesAsync(ct).ConfigureAwait(false))
        {
            follower.ReachSequence(sequence);
            try
            {
                var entry = await ReadAsync(sequence, ct).ConfigureAwait(false);
                follower.Take(entry);
                onEntry(entry);
            }
            catch (TsBackupException failure) when (failure.Id == ErrorId.RecordDamaged)
            {
                follower.TakeDamaged(ObjectNames.LogEntry(sequence), failure);
            }
        }
        foreach (var (name, failure) in follower.Problems)
            onProblem(name, failure);
        return follower.Last;
    }

    /// <summary>Takes note of damaged entries and logs anew what is there, so that the log goes on.</summary>
    internal async Task AcceptDamageAsync(IReadOnlyList<string> entries, IEnumerable<LogEvent> there, CancellationToken ct)
    {
        var last = (await SequencesAsync(ct).ConfigureAwait(false)).LastOrDefault();
        var events = entries.Select(name => new LogEvent(LogAction.Accepted, name)).Concat(there);
        var name = ObjectNames.LogEntry(last + 1);
        var isLastGood = last > 0 && !entries.Contains(ObjectNames.LogEntry(last));
        var previous = isLastGood ? (await ReadAsync(last, ct).ConfigureAwait(false)).Position.Checksum : "";
        await _store.PutAsync(
            ObjectKind.Log, name, LogEntry.Encode(previous, _store.Clock.GetUtcNow(), events), default, ct).ConfigureAwait(false);
    }

    /// <summary>Checks that the repository still has the state that somebody saw.</summary>
    /// <param name="known">The last position that was seen.</param>
    /// <param name="ct">Stops the check.</param>
    /// <exception cref="TsBackupException">RepositoryRolledBack when that entry is gone or another one.</exception>
    public async Task RequireAsync(LogPosition known, CancellationToken ct)
    {
        if (known.Sequence == 0)
            return;
        var found = "";
        try
        {
            if (known.Repository == _store.Id.ToString())
                found = (await ReadAsync(known.Sequence, ct).ConfigureAwait(false)).Position.Checksum;
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectNotFound)
        {
            // Gone is told below.
        }
        if (found == known.Checksum || (found.Length == 0 && await IsAcceptedAsync(known, ct).ConfigureAwait(false)))
            return;
        throw new TsBackupException(
            ErrorId.RepositoryRolledBack,
            $"The repository in {_store.Storage.Location} was set back: its log no longer has the entry {known.Sequence} "
            + "that this client saw.",
            _store.Storage.Location,
            "Find out who replaced files of the repository; compare it with a copy before relying on it.");
    }

    /// <summary>True when a repair took note that the entry was damaged or lost, and the log went on behind it.</summary>
    private async Task<bool> IsAcceptedAsync(LogPosition known, CancellationToken ct)
    {
        var name = ObjectNames.LogEntry(known.Sequence);
        var isAccepted = false;
        await FollowAsync(
            entry => isAccepted |= entry.Events.Any(item => item.Action == LogAction.Accepted && item.Name == name),
            static (_, _) => { },
            ct).ConfigureAwait(false);
        return isAccepted && known.Repository == _store.Id.ToString();
    }

    /// <summary>Appends an entry.</summary>
    internal async Task<LogPosition> AppendAsync(IReadOnlyList<LogEvent> events, CancellationToken ct) =>
        await AppendAsync(await GetEndAsync(ct).ConfigureAwait(false), events, ct).ConfigureAwait(false);

    /// <summary>Appends an entry after a head that was read a moment ago.</summary>
    internal async Task<LogPosition> AppendAsync(LogPosition head, IReadOnlyList<LogEvent> events, CancellationToken ct)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var name = ObjectNames.LogEntry(head.Sequence + 1);
            try
            {
                var entry = LogEntry.Encode(head.Checksum, _store.Clock.GetUtcNow(), events);
                var frame = await _store.PutAsync(ObjectKind.Log, name, entry, default, ct).ConfigureAwait(false);
                return new LogPosition(_store.Id.ToString(), head.Sequence + 1, Convert.ToHexStringLower(frame.Checksum));
            }
            catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectExists)
            {
                // Somebody else took the number: their entry comes first.
                head = await PositionOrDamagedAsync(head.Sequence + 1, ct).ConfigureAwait(false);
            }
        }
        throw new TsBackupException(ErrorId.RepositoryBusy, "The log of the repository is being written by too many others at once.");
    }

    private async Task<LogPosition> PositionOrDamagedAsync(long sequence, CancellationToken ct)
    {
        try
        {
            return (await ReadAsync(sequence, ct).ConfigureAwait(false)).Position;
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.RecordDamaged)
        {
            // The Stored check tells of it and a repair takes note; backups go on meanwhile.
            return new LogPosition(_store.Id.ToString(), sequence, "");
        }
    }

    private async Task<LogEntry> ReadAsync(long sequence, CancellationToken ct)
    {
        var frame = await _store.ReadAsync(ObjectKind.Log, ObjectNames.LogEntry(sequence), ct).ConfigureAwait(false);
        if (_store.Keys is not null)
            _store.Open(frame);
        return LogEntry.Decode(frame, sequence);
    }

    private async Task<List<long>> SequencesAsync(CancellationToken ct)
    {
        List<long> found = [];
        foreach (var name in await _store.ListNamesAsync(ObjectNames.Log, ct).ConfigureAwait(false))
        {
            if (long.TryParse(ObjectNames.Leaf(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                found.Add(number);
        }
        return found;
    }
}
