using System.Globalization;
using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>
/// Finds out when a shard's files were changed last, by asking for what changed since some time and looking at the first header of the
/// answer only. Whatever changes a shard makes a file of a new time, so an equal fingerprint means equal content.
/// </summary>
internal static class ShardFingerprint
{
    private const long Second = 1_000_000_000;
    private const long Resolution = Second / 1024;

    private static readonly long[] Steps = [60 * Second, 3600 * Second, 86_400 * Second, 30 * 86_400 * Second];

    /// <summary>The fingerprint; null when the server is busy with the shard, which is then read in any case.</summary>
    public static async Task<string?> OfAsync(SnapshotPort port, ulong shard, long now, CancellationToken cancellation)
    {
        try
        {
            return await port.FlushAsync(shard, cancellation).ConfigureAwait(false)
                ? await SearchAsync(port, shard, now, cancellation).ConfigureAwait(false)
                : null;
        }
        catch (TsBackupException error) when (error.Id == ErrorId.StoreReplyTruncated)
        {
            return null;
        }
    }

    private static async Task<string> SearchAsync(SnapshotPort port, ulong shard, long now, CancellationToken cancellation)
    {
        TarEntry? newest = null;
        foreach (var step in Steps)
            newest ??= await port.FirstChangedAsync(shard, now - step, cancellation).ConfigureAwait(false);
        newest ??= await port.FirstChangedAsync(shard, 0, cancellation).ConfigureAwait(false);
        if (newest is null)
            return string.Create(CultureInfo.InvariantCulture, $"{shard}/empty");
        while (await port.FirstChangedAsync(shard, (newest.Modified + 1) * Second, cancellation).ConfigureAwait(false) is { } later)
            newest = later;

        // Headers tell whole seconds, rounded; the server compares nanoseconds.
        var low = (newest.Modified - 1) * Second;
        var high = (newest.Modified + 1) * Second;
        while (high - low > Resolution)
        {
            var middle = low + ((high - low) / 2);
            if (await port.FirstChangedAsync(shard, middle, cancellation).ConfigureAwait(false) is { } changed)
                (newest, low) = (changed, middle);
            else
                high = middle;
        }
        return string.Create(CultureInfo.InvariantCulture, $"{shard}/{high}/{Path.GetFileName(newest.Name)}/{newest.Size}");
    }
}
