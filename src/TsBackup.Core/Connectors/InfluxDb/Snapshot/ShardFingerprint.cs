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

    // A file of a second that has passed, by the server's clock and by ours, cannot be followed by another of the same second.
    private const long Settled = 10 * Second;

    private static readonly long[] Steps = [60 * Second, 3600 * Second, 86_400 * Second, 30 * 86_400 * Second];

    /// <summary>The fingerprint; null when the server is busy with the shard, which is then read in any case.</summary>
    /// <param name="port">The port.</param>
    /// <param name="shard">Number of the shard.</param>
    /// <param name="now">Time in ns since 1970 that has certainly come, the earlier of the server's and this machine's.</param>
    /// <param name="cancellation">Stops the search.</param>
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

    /// <summary>
    /// True when nothing was changed after the time of an earlier fingerprint, though the one of now reads otherwise: whether times
    /// are told to the second or closer depends on how long ago the change was.
    /// </summary>
    public static async Task<bool> IsUnchangedAsync(SnapshotPort port, string now, string earlier, CancellationToken cancellation)
    {
        var (after, before) = (now.Split('/'), earlier.Split('/'));
        if (before.Length != 5 || after.Length != 5 || before[0] != after[0]
            || !ulong.TryParse(before[0], NumberStyles.None, CultureInfo.InvariantCulture, out var shard)
            || !long.TryParse(before[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var low)
            || !long.TryParse(before[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var high)
            || !long.TryParse(after[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var latest)
            || Math.Abs(high - latest) > 2 * Second)
        {
            return false;
        }
        return await port.FirstChangedAsync(shard, high, cancellation).ConfigureAwait(false) is null
            && Text(shard, low, high, await port.FirstChangedAsync(shard, low, cancellation).ConfigureAwait(false)) == earlier;
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
        if (high + Settled >= now)
            (low, high) = await NarrowAsync(port, shard, low, high, cancellation).ConfigureAwait(false);
        return Text(shard, low, high, await port.FirstChangedAsync(shard, low, cancellation).ConfigureAwait(false));
    }

    private static string Text(ulong shard, long low, long high, TarEntry? first) => string.Create(
        CultureInfo.InvariantCulture, $"{shard}/{low}/{high}/{Path.GetFileName(first?.Name)}/{first?.Size}");

    /// <summary>
    /// Narrows the time of the last change down to the files' own resolution: the server may be changing the shard in this very second.
    /// </summary>
    private static async Task<(long Low, long High)> NarrowAsync(
        SnapshotPort port, ulong shard, long low, long high, CancellationToken cancellation)
    {
        while (high - low > Resolution)
        {
            var middle = low + ((high - low) / 2);
            if (await port.FirstChangedAsync(shard, middle, cancellation).ConfigureAwait(false) is not null)
                low = middle;
            else
                high = middle;
        }
        return (low, high);
    }
}
