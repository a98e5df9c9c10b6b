using System.Globalization;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>Looks for what would make a backup fail or be of little worth before anything is read.</summary>
internal static class BackupPreflight
{
    // A version has never been seen to take less than this share of what the store takes; below it a backup cannot fit.
    private const double LeastShare = 0.1;
    private const double LikelyShare = 0.5;
    private static readonly TimeSpan s_clockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>Checks what the scope names.</summary>
    /// <exception cref="TsBackupException">ScopeEmpty when a table pattern matches nothing.</exception>
    public static void CheckScope(Catalog catalog, Scope scope)
    {
        foreach (var pattern in scope.Include)
        {
            if (!catalog.Tables.Any(table => new Scope([pattern], [], TimeRange.All).Covers(table.Id)))
            {
                throw new TsBackupException(
                    ErrorId.ScopeEmpty,
                    $"No table of {catalog.Store} matches '{pattern}'.",
                    pattern,
                    "List the tables with Get-TimeSeriesStore or 'tsbackup inspect'; names are case-sensitive.");
            }
        }
    }

    /// <summary>Checks space, place and clock of a repository. Warns, or throws StorageFull when the data cannot fit.</summary>
    public static async Task CheckRepositoryAsync(
        RepositoryConnection repository,
        StoreCapabilities capabilities,
        IReadOnlyList<SliceGroup> toRead,
        BackupRequest request,
        CancellationToken cancellation)
    {
        await CheckSpaceAsync(repository, toRead, request, cancellation).ConfigureAwait(false);
        if (capabilities.LocalDataPath is { } data && IsSameDisk(data, repository.Location))
        {
            request.Observer.Warning(
                $"The repository {repository.Location} is on the same disk as the data in {data}: one broken disk takes both.");
        }
        await WarnOfDamageAsync(repository, request, cancellation).ConfigureAwait(false);
        var now = request.Clock.GetUtcNow();
        await foreach (var header in repository.Repository.ListVersionsAsync(cancellation).ConfigureAwait(false))
        {
            if (header.Finished <= now + s_clockTolerance)
                continue;
            request.Observer.Warning(
                $"Version {header.Id} in {repository.Location} is dated {Text(header.Finished)}, "
                + "which is in the future: check this machine's clock.");
            break;
        }
    }

    /// <summary>What is taken over from earlier versions is not read again, so a backup after known damage may refer to it.</summary>
    private static async Task WarnOfDamageAsync(RepositoryConnection repository, BackupRequest request, CancellationToken cancellation)
    {
        var tests = await TestHistory.SummariesAsync(repository.Repository, cancellation).ConfigureAwait(false);
        if (tests[""].FirstOrDefault() is not { Outcome: BackupTestOutcome.Failed } failed)
            return;
        request.Observer.Warning(
            $"The last test of the bytes in {repository.Location}, at {Text(failed.Time)}, "
            + "found damage, and this version may take over what is damaged: repair the repository and test it again.");
    }

    private static async Task CheckSpaceAsync(
        RepositoryConnection repository, IReadOnlyList<SliceGroup> toRead, BackupRequest request, CancellationToken cancellation)
    {
        var expected = toRead.Sum(group => Math.Max(0, group.EstimatedBytes));
        if (await repository.Storage.GetSpaceAsync(cancellation).ConfigureAwait(false) is not { } space)
            return;
        if (space.FreeBytes < expected * LeastShare)
        {
            throw new TsBackupException(
                ErrorId.StorageFull,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{repository.Location} has {space.FreeBytes / 1048576} MiB free, too little for {expected / 1048576} MiB of data."),
                repository.Location,
                "Free space, remove old versions and compact, or choose another repository.");
        }
        if (space.FreeBytes < expected * LikelyShare)
            request.Observer.Warning($"{repository.Location} may be too small: {space.FreeBytes / 1048576} MiB are free.");
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("u", CultureInfo.InvariantCulture);

    private static bool IsSameDisk(string data, string repository)
    {
        if (!Path.IsPathRooted(repository) || !Path.IsPathRooted(data))
            return false;
        var drives = DriveInfo.GetDrives().Select(drive => drive.Name).OrderByDescending(name => name.Length).ToArray();
        return MountOf(data, drives) is { } mount && mount == MountOf(repository, drives);
    }

    private static string? MountOf(string path, string[] drives)
    {
        var full = Path.GetFullPath(path);
        return Array.Find(drives, drive => full == drive || full.StartsWith(
            drive.TrimEnd('/', '\\') + Path.DirectorySeparatorChar, StringComparison.Ordinal));
    }
}
