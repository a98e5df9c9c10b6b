using TsBackup.Errors;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Removes versions, by id or by rule, so that they can be taken back until the next compaction.</summary>
public static class RetentionOperation
{
    /// <summary>Applies a rule to every store by itself.</summary>
    /// <param name="connection">The repository.</param>
    /// <param name="rule">What to keep.</param>
    /// <param name="store">Store URI to limit to; null = all.</param>
    /// <param name="planOnly">Only decide.</param>
    /// <param name="cancellation">Stops between removals.</param>
    /// <exception cref="TsBackupException">ArgumentInvalid when a number or time of the rule is negative.</exception>
    public static async Task<IReadOnlyList<BackupRetention>> ApplyAsync(
        RepositoryConnection connection, RetentionRule rule, string? store, bool planOnly, CancellationToken cancellation)
    {
        rule.Check();
        var headers = new List<VersionHeader>();
        await foreach (var header in connection.Repository.ListVersionsAsync(cancellation).ConfigureAwait(false))
        {
            if (store is null || header.Store == store)
                headers.Add(header);
        }
        var results = new List<BackupRetention>();
        foreach (var decision in rule.Evaluate(headers))
        {
            var remove = !decision.Keep && !planOnly;
            if (remove)
                await connection.Repository.Removal.RemoveAsync(decision.Version.Id, rule.Force, cancellation).ConfigureAwait(false);
            results.Add(Result(connection, decision.Version, decision.Keep, decision.Reasons, remove));
        }
        return results;
    }

    /// <summary>Removes one version.</summary>
    /// <exception cref="TsBackupException">
    /// VersionNotFound, VersionAmbiguous; VersionProtected when it is protected or the last Complete one of its store, without force.
    /// </exception>
    public static async Task<BackupRetention> RemoveAsync(
        RepositoryConnection connection, string versionId, bool force, CancellationToken cancellation)
    {
        var header = await VersionQuery.FindAsync(connection, versionId, null, null, cancellation).ConfigureAwait(false);
        if (!force && header.State == VersionState.Complete)
            await RequireAnotherAsync(connection, header, cancellation).ConfigureAwait(false);
        await connection.Repository.Removal.RemoveAsync(header.Id, force, cancellation).ConfigureAwait(false);
        return Result(connection, header, keep: false, [], removed: true);
    }

    /// <summary>Takes a removed version back.</summary>
    /// <exception cref="TsBackupException">VersionNotFound when compaction has erased it.</exception>
    public static async Task<BackupVersion> TakeBackAsync(RepositoryConnection connection, string versionId, CancellationToken cancellation)
    {
        var header = await connection.Repository.Removal.TakeBackAsync(versionId, cancellation).ConfigureAwait(false);
        return VersionView.From(header, connection.Location);
    }

    private static async Task RequireAnotherAsync(RepositoryConnection connection, VersionHeader header, CancellationToken cancellation)
    {
        await foreach (var other in connection.Repository.ListVersionsAsync(cancellation).ConfigureAwait(false))
        {
            if (other.Id != header.Id && other.Store == header.Store && other.State == VersionState.Complete
                && (other.IsWhole || other.ScopeText == header.ScopeText))
                return;
        }
        throw new TsBackupException(
            ErrorId.VersionProtected,
            $"Version {header.Id} is the last Complete one of {header.Store}{(header.IsWhole ? "" : " with its tables and times")}.",
            header.Id,
            "Force the removal if it must go.");
    }

    private static BackupRetention Result(
        RepositoryConnection connection, VersionHeader header, bool keep, IReadOnlyList<string> reasons, bool removed) => new()
    {
        VersionId = header.Id,
        Repository = connection.Location,
        Store = header.Store,
        Started = header.Started,
        Keep = keep,
        Reasons = reasons,
        Removed = removed,
    };
}
