using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Lists, adds and removes the key slots of a repository.</summary>
public static class KeyOperation
{
    /// <summary>Lists the slots, damaged ones among them.</summary>
    public static async Task<IReadOnlyList<BackupKey>> ListAsync(RepositoryConnection connection, CancellationToken cancellation)
    {
        var problems = new List<RepositoryProblem>();
        var slots = await connection.Repository.Keys.ListAsync(problems.Add, cancellation).ConfigureAwait(false);
        return [.. slots.Select(slot => View(connection, slot)), .. problems.Select(problem => View(connection, problem))];
    }

    /// <summary>Adds a slot.</summary>
    /// <param name="connection">The repository, opened with full access.</param>
    /// <param name="key">The new secret, or the public half of a certificate.</param>
    /// <param name="access">What the slot allows.</param>
    /// <param name="label">A name for people.</param>
    /// <param name="iterations">Rounds of PBKDF2 for a passphrase: what each guess costs.</param>
    /// <param name="cancellation">Stops the call.</param>
    public static async Task<BackupKey> AddAsync(
        RepositoryConnection connection, KeySource key, KeyAccess access, string label, int iterations, CancellationToken cancellation)
    {
        var slot = await connection.Repository.Keys
            .AddAsync(key, access, label, iterations, cancellation).ConfigureAwait(false);
        return View(connection, slot);
    }

    /// <summary>
    /// Removes a slot; what is written from then on cannot be opened with it. Slots that are damaged or not genuine go with it.
    /// </summary>
    /// <returns>Ids of the slots that are gone, the one asked for first.</returns>
    /// <exception cref="Errors.TsBackupException">KeySlotNotFound, KeySlotLast, RepositoryBusy.</exception>
    public static Task<IReadOnlyList<string>> RemoveAsync(
        RepositoryConnection connection, string keyId, CancellationToken cancellation) =>
        connection.Repository.Keys.RemoveAsync(keyId, cancellation);

    private static BackupKey View(RepositoryConnection connection, KeySlot slot) => new()
    {
        KeyId = slot.Id,
        Repository = connection.Location,
        Kind = slot.Kind.ToString(),
        Access = slot.Access.ToString(),
        Label = slot.Label,
        Created = slot.Created,
        Iterations = slot.Iterations,
        Subject = slot.Subject,
        Problem = slot.IsGenuine ? "" : "Not made by anybody with full access, or removed and put back: it opens nothing new. Remove it.",
    };

    private static BackupKey View(RepositoryConnection connection, RepositoryProblem problem) => new()
    {
        KeyId = problem.Name[(problem.Name.LastIndexOf('/') + 1)..],
        Repository = connection.Location,
        Kind = "",
        Access = "",
        Problem = problem.Reason,
    };
}
