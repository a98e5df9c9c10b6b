using System.Diagnostics;

namespace TsBackup.Operations;

/// <summary>Shows a repository as it is now.</summary>
public static class RepositoryInspection
{
    /// <summary>Reads the list of versions and objects; no block is read.</summary>
    public static async Task<BackupRepository> RunAsync(RepositoryConnection connection, CancellationToken cancellation)
    {
        var versions = await VersionQuery.ListAsync(connection, null, cancellation).ConfigureAwait(false);
        long bytes = 0;
        string? any = null;
        var slots = 0;
        await foreach (var item in connection.Storage.ListAsync("", cancellation).ConfigureAwait(false))
        {
            bytes += item.Length;
            any ??= item.Name;
            slots += item.Name.StartsWith("keys/", StringComparison.Ordinal) ? 1 : 0;
        }
        var watch = Stopwatch.StartNew();
        if (any is not null)
            await connection.Storage.ReadAsync(any, 0, new byte[1], cancellation).ConfigureAwait(false);
        watch.Stop();
        var space = await connection.Storage.GetSpaceAsync(cancellation).ConfigureAwait(false);
        var info = connection.Repository.Info;
        return new BackupRepository
        {
            Repository = connection.Location,
            RepositoryId = info.Id,
            Format = info.Format,
            Created = info.Created,
            Versions = versions.Count,
            Stores = [.. versions.Select(v => v.Store).Distinct().Order(StringComparer.Ordinal)],
            LatestVersion = versions.Count == 0 ? null : versions[^1].Finished,
            StoredBytes = bytes,
            FreeBytes = space?.FreeBytes,
            Latency = watch.Elapsed,
            KeySlots = slots,
        };
    }
}
