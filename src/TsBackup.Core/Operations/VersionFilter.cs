using System.IO.Enumeration;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Which versions of a repository are meant. Every condition that is given must hold.</summary>
public sealed record VersionFilter
{
    /// <summary>Stores: URIs, or wildcards with <c>*</c>; empty = all.</summary>
    public IReadOnlyList<string> Stores { get; init; } = [];

    /// <summary>Ids, beginnings of ids, or wildcards with <c>*</c>; empty = all.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];

    /// <summary>Labels, or wildcards with <c>*</c>; a version with one that matches is meant. Empty = all.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>State; null = both.</summary>
    public BackupVersionState? State { get; init; }

    /// <summary>Only versions that were cut at this time or before; null = all.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>
    /// Only the newest version of each store: the newest Complete one of the whole store, one of a part or an Incomplete one only when
    /// there is no other.
    /// </summary>
    public bool Latest { get; init; }

    /// <summary>Only versions that were removed and can still be taken back; otherwise only those that were not.</summary>
    public bool Removed { get; init; }

    /// <summary>Lists the versions that are meant, oldest first.</summary>
    public Task<IReadOnlyList<BackupVersion>> ListAsync(RepositoryConnection connection, CancellationToken cancellation) =>
        ListAsync(connection, null, cancellation);

    /// <summary>Lists the versions that are meant, oldest first, and tells of those that cannot be read.</summary>
    /// <param name="connection">The repository.</param>
    /// <param name="onProblem">Told of each version that is damaged, meant or not; may be called from several threads at once.</param>
    /// <param name="cancellation">Stops the listing.</param>
    public async Task<IReadOnlyList<BackupVersion>> ListAsync(
        RepositoryConnection connection, Action<RepositoryProblem>? onProblem, CancellationToken cancellation)
    {
        var found = new List<VersionHeader>();
        await foreach (var header in connection.Repository.ListVersionsAsync(Removed, onProblem, cancellation).ConfigureAwait(false))
        {
            if (Matches(header))
                found.Add(header);
        }

        // Ids tell milliseconds only.
        found.Sort(static (a, b) => a.Finished != b.Finished ? a.Finished.CompareTo(b.Finished) : a.Started.CompareTo(b.Started));
        if (Latest)
        {
            var newest = found.GroupBy(header => header.Store)
                .Select(group => LatestVersion.Of([.. group]))
                .ToHashSet();
            found.RemoveAll(header => !newest.Contains(header));
        }
        var tests = await TestHistory.SummariesAsync(connection.Repository, cancellation).ConfigureAwait(false);
        return found.ConvertAll(header => VersionView.From(header, connection.Location, tests[header.Id]));
    }

    private bool Matches(VersionHeader header) =>
        header.Removed is not null == Removed
        && (State is not { } state || (header.State == VersionState.Complete) == (state == BackupVersionState.Complete))
        && (Before is not { } before || header.Cut <= before)
        && (Stores.Count == 0 || Stores.Any(store => VersionQuery.IsOf(header, store) || IsLike(header.Store, store)))
        && (Ids.Count == 0 || Ids.Any(id => header.Id.StartsWith(id, StringComparison.Ordinal) || IsLike(header.Id, id)))
        && (Tags.Count == 0 || header.Tags.Any(tag => Tags.Any(pattern => IsLike(tag, pattern))));

    private static bool IsLike(string text, string pattern) =>
        FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), text, ignoreCase: true);
}
