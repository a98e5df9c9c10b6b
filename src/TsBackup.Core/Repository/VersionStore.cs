using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>Version objects: listing, reading, naming.</summary>
internal sealed class VersionStore(ObjectStore store)
{
    private const int ReadAhead = 16;

    public static string NewId(DateTimeOffset time) => string.Create(
        CultureInfo.InvariantCulture,
        $"{time.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{time.Millisecond:x3}{RandomNumberGenerator.GetHexString(5, lowercase: true)}");

    /// <summary>
    /// Headers, oldest first; those that cannot be read are told to <paramref name="onProblem"/> and do not hide the others.
    /// </summary>
    public async IAsyncEnumerable<VersionHeader> ListAsync(
        bool includeRemoved, Action<RepositoryProblem>? onProblem, [EnumeratorCancellation] CancellationToken ct)
    {
        store.RequireKeys("Listing versions");
        var removals = await ReadRemovalsAsync(ct).ConfigureAwait(false);
        Queue<Task<VersionHeader?>> ahead = new();
        foreach (var name in await store.ListNamesAsync(ObjectNames.Versions, ct).ConfigureAwait(false))
        {
            var id = ObjectNames.Leaf(name);
            if (removals.ContainsKey(id) && !includeRemoved)
                continue;
            ahead.Enqueue(Task.Run(() => ReadOrTellAsync(name, removals, onProblem, ct), ct));
            if (ahead.Count >= ReadAhead && await ahead.Dequeue().ConfigureAwait(false) is { } found)
                yield return found;
        }
        while (ahead.TryDequeue(out var task))
        {
            if (await task.ConfigureAwait(false) is { } found)
                yield return found;
        }
    }

    /// <summary>Reads a version by its id, or by the start of its id when that is enough.</summary>
    /// <exception cref="TsBackupException">VersionNotFound, VersionAmbiguous, VersionDamaged.</exception>
    public async Task<VersionHeader> GetAsync(string id, bool includeRemoved, CancellationToken ct)
    {
        var names = await store.ListNamesAsync(ObjectNames.Versions, ct).ConfigureAwait(false);
        var removals = await ReadRemovalsAsync(ct).ConfigureAwait(false);
        var fitting = names.Where(name => ObjectNames.Leaf(name).StartsWith(id, StringComparison.Ordinal)
            && (includeRemoved || !removals.ContainsKey(ObjectNames.Leaf(name)))).ToList();
        var exact = fitting.Find(name => ObjectNames.Leaf(name) == id);
        if (exact is null && (id.Length == 0 || fitting.Count == 0))
        {
            throw new TsBackupException(
                ErrorId.VersionNotFound,
                $"There is no version '{id}' in {store.Storage.Location}.", id, "List the versions to see their ids.");
        }
        if (exact is null && fitting.Count > 1)
        {
            throw new TsBackupException(
                ErrorId.VersionAmbiguous, $"'{id}' is the start of {fitting.Count} versions.", id, "Give more of the id.");
        }
        return WithRemoval(await ReadAsync(exact ?? fitting[0], ct).ConfigureAwait(false), removals);
    }

    /// <summary>Reads the version object of a name.</summary>
    public async Task<VersionHeader> ReadAsync(string name, CancellationToken ct)
    {
        var frame = await store.ReadAsync(ObjectKind.Version, name, ct).ConfigureAwait(false);
        try
        {
            var header = VersionObject.Decode(store.Open(frame));
            return header.Id == ObjectNames.Leaf(name) ? header : throw new FormatException("its id is not that of its name");
        }
        catch (FormatException failure)
        {
            throw RepositoryErrors.Damaged(ObjectKind.Version, name, failure.Message, failure);
        }
    }

    /// <summary>Removals by id of the version: name of the removal and time.</summary>
    public async Task<Dictionary<string, (string Name, DateTimeOffset Time)>> ReadRemovalsAsync(CancellationToken ct)
    {
        Dictionary<string, (string, DateTimeOffset)> removals = new(StringComparer.Ordinal);
        foreach (var name in await store.ListNamesAsync(ObjectNames.Removals, ct).ConfigureAwait(false))
        {
            try
            {
                var frame = await store.ReadAsync(ObjectKind.Removal, name, ct).ConfigureAwait(false);
                store.Open(frame);
                removals[ObjectNames.Leaf(name).Split('.')[0]] = (name, RemovalObject.ReadTime(frame));
            }
            catch (TsBackupException failure) when (failure.Id is ErrorId.RecordDamaged or ErrorId.ObjectNotFound)
            {
                // A damaged removal removes nothing: the version stays, which loses no data. The Stored check tells of it.
            }
        }
        return removals;
    }

    private static VersionHeader WithRemoval(VersionHeader header, Dictionary<string, (string Name, DateTimeOffset Time)> removals) =>
        removals.TryGetValue(header.Id, out var removal) ? header with { Removed = removal.Time } : header;

    private async Task<VersionHeader?> ReadOrTellAsync(
        string name,
        Dictionary<string, (string Name, DateTimeOffset Time)> removals,
        Action<RepositoryProblem>? onProblem,
        CancellationToken ct)
    {
        try
        {
            return WithRemoval(await ReadAsync(name, ct).ConfigureAwait(false), removals);
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectNotFound)
        {
            // Erased since the listing.
            return null;
        }
        catch (TsBackupException failure)
        {
            onProblem?.Invoke(new RepositoryProblem(failure.Id, name, failure.Message));
            return null;
        }
    }
}
