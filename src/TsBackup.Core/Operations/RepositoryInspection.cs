using TsBackup.Errors;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Shows a repository as it is now.</summary>
public static class RepositoryInspection
{
    /// <summary>Reads the list of versions and objects, and measures the storage; no block is read.</summary>
    /// <param name="connection">The repository.</param>
    /// <param name="probe">Measure with a small object that is written and deleted; without, only reading is measured.</param>
    /// <param name="cancellation">Stops the inspection.</param>
    public static async Task<BackupRepository> RunAsync(RepositoryConnection connection, bool probe, CancellationToken cancellation)
    {
        var versions = await VersionQuery.ListAsync(connection, null, cancellation).ConfigureAwait(false);
        long bytes = 0;
        var slots = 0;
        await foreach (var item in connection.Storage.ListAsync("", cancellation).ConfigureAwait(false))
        {
            bytes += item.Length;
            slots += ObjectNames.KindOf(item.Name) == ObjectKind.Slot ? 1 : 0;
        }
        var speed = probe
            ? await StorageProbe.MeasureAsync(connection.Storage, cancellation).ConfigureAwait(false)
            : await StorageProbe.ReadOnlyAsync(connection.Storage, null, cancellation).ConfigureAwait(false);
        var space = await connection.Storage.GetSpaceAsync(cancellation).ConfigureAwait(false);
        var tests = await TestHistory.SummariesAsync(connection.Repository, cancellation).ConfigureAwait(false);
        var head = await connection.Repository.Log.GetEndAsync(cancellation).ConfigureAwait(false);
        var info = connection.Repository.Info;
        return new BackupRepository
        {
            Repository = connection.Location,
            IsReachable = true,
            IsWritable = speed.Refusal is not null ? false : speed.WriteRate is not null ? true : null,
            Problem = speed.Refusal?.Message ?? "",
            RepositoryId = info.Id,
            Format = info.Format,
            Created = info.Created,
            Versions = versions.Count,
            Stores = [.. versions.Select(v => v.Store).Distinct().Order(StringComparer.Ordinal)],
            LatestVersion = versions.Count == 0 ? null : versions[^1].Finished,
            StoredBytes = bytes,
            FreeBytes = space?.FreeBytes,
            TotalBytes = space?.TotalBytes,
            Latency = speed.Latency,
            ReadBytesPerSecond = speed.ReadRate,
            WriteBytesPerSecond = speed.WriteRate,
            KeySlots = slots,
            LastTest = tests[""].FirstOrDefault(),
            LogPosition = head.Sequence > 0 && head.Checksum.Length == 0 ? "" : head.ToString(),
        };
    }

    /// <summary>A repository that could not be opened, for those who compare several.</summary>
    public static BackupRepository Unreachable(string location, TsBackupException error) =>
        new() { Repository = location, RepositoryId = "", Problem = error.Message };
}
