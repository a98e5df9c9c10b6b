using System.Collections.Concurrent;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Finds versions in a repository and shows what they hold.</summary>
public static class VersionQuery
{
    /// <summary>The word for the newest version.</summary>
    public const string Latest = "latest";

    /// <summary>Lists versions, oldest first.</summary>
    /// <param name="connection">The repository.</param>
    /// <param name="store">Store URI to limit to; null = all.</param>
    /// <param name="cancellation">Stops the listing.</param>
    public static Task<IReadOnlyList<BackupVersion>> ListAsync(
        RepositoryConnection connection, string? store, CancellationToken cancellation) =>
        ListAsync(connection, store, null, cancellation);

    /// <summary>Lists versions, oldest first, and tells of those that cannot be read.</summary>
    /// <param name="connection">The repository.</param>
    /// <param name="store">Store URI to limit to; null = all.</param>
    /// <param name="onProblem">Told of each version that is damaged; may be called from several threads at once.</param>
    /// <param name="cancellation">Stops the listing.</param>
    public static async Task<IReadOnlyList<BackupVersion>> ListAsync(
        RepositoryConnection connection, string? store, Action<RepositoryProblem>? onProblem, CancellationToken cancellation)
    {
        var tests = await TestHistory.SummariesAsync(connection.Repository, cancellation).ConfigureAwait(false);
        var versions = new List<BackupVersion>();
        await foreach (var header in connection.Repository.ListVersionsAsync(false, onProblem, cancellation).ConfigureAwait(false))
        {
            if (IsOf(header, store))
                versions.Add(VersionView.From(header, connection.Location, tests[header.Id]));
        }
        return [.. versions.OrderBy(v => v.Finished).ThenBy(v => v.Started).ThenBy(v => v.VersionId, StringComparer.Ordinal)];
    }

    /// <summary>Headers of versions, oldest first.</summary>
    /// <param name="connection">The repository.</param>
    /// <param name="store">Store URI to limit to; null = all.</param>
    /// <param name="cancellation">Stops the listing.</param>
    public static async Task<IReadOnlyList<VersionHeader>> HeadersAsync(
        RepositoryConnection connection, string? store, CancellationToken cancellation)
    {
        var headers = new List<VersionHeader>();
        await foreach (var header in connection.Repository.ListVersionsAsync(cancellation).ConfigureAwait(false))
        {
            if (IsOf(header, store))
                headers.Add(header);
        }
        return headers;
    }

    /// <summary>
    /// Finds the one version that is meant: a full id, the beginning of an id, or <c>latest</c>.
    /// </summary>
    /// <param name="connection">The repository.</param>
    /// <param name="id">Id, beginning of an id, or <c>latest</c>.</param>
    /// <param name="store">Store URI to limit to; null = all.</param>
    /// <param name="before">Only versions whose cut is not later; null = all.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <exception cref="TsBackupException">
    /// VersionNotFound, VersionAmbiguous (also for the latest where there are several stores and none is named), VersionDamaged.
    /// </exception>
    public static Task<VersionHeader> FindAsync(
        RepositoryConnection connection, string id, string? store, DateTimeOffset? before, CancellationToken cancellation) =>
        FindAsync(connection, id, store, before, SilentObserver.Instance, cancellation);

    /// <summary>
    /// Finds the one version that is meant, and warns when a damaged version may be a newer one.
    /// </summary>
    /// <inheritdoc cref="FindAsync(RepositoryConnection, string, string?, DateTimeOffset?, CancellationToken)"/>
    public static async Task<VersionHeader> FindAsync(
        RepositoryConnection connection,
        string id,
        string? store,
        DateTimeOffset? before,
        IOperationObserver observer,
        CancellationToken cancellation)
    {
        var found = new List<VersionHeader>();
        var damaged = new ConcurrentQueue<RepositoryProblem>();
        await foreach (var header in connection.Repository.ListVersionsAsync(false, damaged.Enqueue, cancellation).ConfigureAwait(false))
        {
            if (IsOf(header, store) && (before is not { } limit || header.Cut <= limit))
                found.Add(header);
        }
        var isLatest = IsLatest(id);
        if (!isLatest)
            found.RemoveAll(header => !header.Id.StartsWith(id, StringComparison.Ordinal));
        if (found.Count == 0)
            throw NotFound(connection, id, isLatest, Condition(store, before), damaged);
        // Ids tell seconds only; two versions of one second are told apart by their exact times.
        found.Sort(static (a, b) => a.Finished != b.Finished ? a.Finished.CompareTo(b.Finished) : a.Started.CompareTo(b.Started));
        if (isLatest)
        {
            RequireOneStore(found, id);
            var latest = LatestVersion.Of(found);
            foreach (var problem in damaged.Where(problem => string.CompareOrdinal(ObjectNames.Leaf(problem.Name), latest.Id) > 0))
                observer.Warning($"{problem.Reason} It may be newer than version {latest.Id}, which is taken as the latest.");
            return latest;
        }
        return found.Count == 1 || found.Exists(header => header.Id == id)
            ? found.Find(header => header.Id == id) ?? found[0]
            : throw new TsBackupException(
                ErrorId.VersionAmbiguous, $"'{id}' begins the ids of {found.Count} versions.", id, "Give more of the id.");
    }

    /// <summary>True when an id stands for the newest version.</summary>
    public static bool IsLatest(string id) => string.Equals(id, Latest, StringComparison.OrdinalIgnoreCase);

    /// <summary>The tables of a version.</summary>
    public static async Task<IReadOnlyList<BackupTable>> ContentsAsync(
        RepositoryConnection connection, VersionHeader header, CancellationToken cancellation)
    {
        var content = await VersionReader.ReadAsync(connection, header, cancellation).ConfigureAwait(false);
        return
        [
            .. content.Slices
                .Where(slice => slice.IsComplete)
                .GroupBy(slice => slice.Slice.Table)
                .OrderBy(group => group.Key)
                .Select(group => VersionView.Table(group, header, connection.Location, content.Catalog)),
        ];
    }

    /// <summary>The settings documents of a version.</summary>
    public static async Task<IReadOnlyList<SettingsDocument>> SettingsAsync(
        RepositoryConnection connection, VersionHeader header, CancellationToken cancellation)
    {
        var pieces = await VersionReader.ReadPiecesAsync(connection, header, cancellation).ConfigureAwait(false);
        var catalog = await VersionReader.ReadCatalogAsync(connection, header, pieces[0], cancellation).ConfigureAwait(false);
        return catalog.Settings;
    }

    /// <summary>True when a version is of a store, however its URI is written; null means any.</summary>
    internal static bool IsOf(VersionHeader header, string? store) =>
        store is null || header.Store == store || header.Store == Normalize(store);

    private static void RequireOneStore(List<VersionHeader> found, string id)
    {
        var stores = found.Select(header => header.Store).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        if (stores.Length == 1)
            return;
        throw new TsBackupException(
            ErrorId.VersionAmbiguous,
            $"There are versions of {stores.Length} stores, each with a latest one: {string.Join(", ", stores.Take(5))}"
            + (stores.Length > 5 ? " …" : "."),
            id,
            "Name the store, or a version by its id.");
    }

    private static TsBackupException NotFound(
        RepositoryConnection connection, string id, bool isLatest, string condition, IEnumerable<RepositoryProblem> damaged)
    {
        if (damaged.FirstOrDefault(
            problem => isLatest || ObjectNames.Leaf(problem.Name).StartsWith(id, StringComparison.Ordinal)) is { } problem)
        {
            return new TsBackupException(
                problem.ErrorId, problem.Reason, problem.Name, "Take it from a copy, or repair the repository.");
        }
        return new TsBackupException(
            ErrorId.VersionNotFound,
            isLatest ? $"{connection.Location} holds no version{condition}." : $"{connection.Location} holds no version '{id}'.",
            id,
            "List the versions with Get-BackupVersion or 'tsbackup versions'.");
    }

    private static string Normalize(string store)
    {
        try
        {
            return StoreAddress.Parse(store).ToString();
        }
        catch (TsBackupException)
        {
            return store;
        }
    }

    private static string Condition(string? store, DateTimeOffset? before) =>
        (store is null ? "" : $" of {StoreAddress.Redact(store)}") + (before is null ? "" : $" from before {before:u}");
}
