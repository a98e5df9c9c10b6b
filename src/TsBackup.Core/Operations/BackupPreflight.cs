using System.Globalization;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Looks for what would make a backup fail or be of little worth before anything is read.</summary>
internal static class BackupPreflight
{
    // Line protocol of typical data takes 0.04 of its room in a version, shard files 0.3. Below the least share a first backup cannot be
    // expected to fit; how much a later one shares with the versions before is not known until it is read.
    private const double LeastShare = 0.01;
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

    /// <summary>
    /// Checks space, place and clock of a repository. Warns, or throws StorageFull when a first backup of the whole store cannot fit.
    /// </summary>
    public static async Task CheckRepositoryAsync(
        RepositoryConnection repository,
        StoreCapabilities capabilities,
        IReadOnlyList<SliceGroup> toRead,
        BackupRequest request,
        CancellationToken cancellation)
    {
        var isFirst = await CheckVersionsAsync(repository, request, cancellation).ConfigureAwait(false);
        await CheckSpaceAsync(repository, toRead, isFirst, request, cancellation).ConfigureAwait(false);
        if (capabilities.LocalDataPath is { } data && IsSameDisk(data, repository.Location))
        {
            request.Observer.Warning(
                $"The repository {repository.Location} is on the same disk as the data in {data}: one broken disk takes both.");
        }
        await WarnOfDamageAsync(repository, request, cancellation).ConfigureAwait(false);
    }

    /// <summary>Warns of a version from the future.</summary>
    /// <returns>True when no version of the store is there.</returns>
    private static async Task<bool> CheckVersionsAsync(
        RepositoryConnection repository, BackupRequest request, CancellationToken cancellation)
    {
        var store = request.Connector.Address.ToString();
        var latest = request.Clock.GetUtcNow() + s_clockTolerance;
        var isFirst = true;
        VersionHeader? future = null;
        await foreach (var header in repository.Repository.ListVersionsAsync(cancellation).ConfigureAwait(false))
        {
            isFirst &= header.Store != store;
            future ??= header.Finished > latest ? header : null;
        }
        if (future is not null)
        {
            request.Observer.Warning(
                $"Version {future.Id} in {repository.Location} is dated {Text(future.Finished)}, "
                + "which is in the future: check this machine's clock.");
        }
        return isFirst;
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
        RepositoryConnection repository,
        IReadOnlyList<SliceGroup> toRead,
        bool isFirst,
        BackupRequest request,
        CancellationToken cancellation)
    {
        var expected = toRead.Sum(group => Math.Max(0, group.EstimatedBytes));
        if (await repository.Storage.GetSpaceAsync(cancellation).ConfigureAwait(false) is not { } space)
            return;
        var isWhole = isFirst && !request.Scope.IsPartial;
        if (isWhole && space.FreeBytes < expected * LeastShare)
        {
            throw new TsBackupException(
                ErrorId.StorageFull,
                $"{repository.Location} has {SizeText.Format(space.FreeBytes)} free, too little for {SizeText.Format(expected)} of data.",
                repository.Location,
                "Free space, remove old versions and compact, or choose another repository.");
        }
        if (space.FreeBytes < expected * (isWhole ? LikelyShare : LeastShare))
        {
            request.Observer.Warning(
                $"{repository.Location} may be too small for {SizeText.Format(expected)} of data: "
                + $"{SizeText.Format(space.FreeBytes)} are free.");
        }
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
