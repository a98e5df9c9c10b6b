using System.Security.Cryptography;
using System.Text;
using TsBackup.Errors;
using TsBackup.Repository;
using TsBackup.Storage;

namespace TsBackup.Operations;

/// <summary>
/// What this client saw last of the logs of repositories, in a folder of the user's own: whoever can write to a repository can set it
/// back, but not make this client forget. One small file a repository, by its place.
/// </summary>
/// <param name="folder">The folder; made when it is needed.</param>
public sealed class SeenPositions(string folder)
{
    /// <summary>Variable of the environment that names another folder, or is <c>none</c>.</summary>
    public const string Variable = "TSBACKUP_STATE_FOLDER";

    /// <summary>The folder of the user who runs this; null when there is none, or none is wanted.</summary>
    public static SeenPositions? OfUser()
    {
        var named = Environment.GetEnvironmentVariable(Variable);
        if (string.Equals(named, "none", StringComparison.OrdinalIgnoreCase))
            return null;
        if (!string.IsNullOrEmpty(named))
            return new SeenPositions(named);
        var home = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return home.Length == 0 ? null : new SeenPositions(Path.Combine(home, "TsBackup", "seen"));
    }

    /// <summary>Checks that a repository still has what this client saw of it.</summary>
    /// <exception cref="TsBackupException">RepositoryRolledBack.</exception>
    public async Task CheckAsync(RepositoryConnection repository, CancellationToken cancellation)
    {
        if (Read(repository.Location) is not { } known)
            return;
        try
        {
            await repository.Repository.Log.RequireAsync(known, cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (e.Id == ErrorId.RecordDamaged)
        {
            // The entry is there and damaged: the Stored test tells of it, a repair takes note of it, and restores must go on.
        }
        catch (TsBackupException e) when (e.Id == ErrorId.RepositoryRolledBack)
        {
            throw new TsBackupException(
                e.Id,
                e.Message,
                e.Target,
                "Find out who replaced files, and look at the copies. When it is as it should be, say so with "
                + "Repair-BackupRepository -AcceptRollback or 'tsbackup repair --accept-rollback'.",
                e);
        }
    }

    /// <summary>Remembers the last entry of the log. That it cannot be remembered stops nothing: the next use tries again.</summary>
    public async Task RememberAsync(RepositoryConnection repository)
    {
        try
        {
            var head = await repository.Repository.Log.GetHeadAsync(CancellationToken.None).ConfigureAwait(false);
            if (Read(repository.Location) is { } known && known.Repository == head.Repository && known.Sequence >= head.Sequence)
                return;
            Directory.CreateDirectory(folder);
            var path = PathOf(repository.Location);
            var temporary = $"{path}.{Guid.NewGuid():N}";
            await File.WriteAllTextAsync(temporary, $"{head}\n{repository.Location}\n").ConfigureAwait(false);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is TsBackupException or IOException or UnauthorizedAccessException)
        {
            // A log that cannot be read now is no new state to remember, and a folder that takes nothing remembers nothing.
        }
    }

    /// <summary>Forgets a repository: its present state is taken as it is.</summary>
    /// <param name="repository">Folder or URI.</param>
    /// <exception cref="TsBackupException">StorageAccessDenied, RepositoryUriInvalid.</exception>
    public void Forget(string repository)
    {
        var location = StorageFactory.Open(repository).Location;
        try
        {
            File.Delete(PathOf(location));
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was remembered.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TsBackupException(ErrorId.StorageAccessDenied, $"{PathOf(location)} cannot be deleted.", PathOf(location), inner: e);
        }
    }

    private LogPosition? Read(string location)
    {
        try
        {
            return LogPosition.Parse(File.ReadLines(PathOf(location)).FirstOrDefault() ?? "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TsBackupException)
        {
            // Never seen, or a note that nobody can read: the next one is made anew.
            return null;
        }
    }

    private string PathOf(string location) =>
        Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(location)).AsSpan(0, 16)));
}
