using System.Diagnostics;
using System.Security.Cryptography;
using TsBackup.Errors;
using TsBackup.Repository;
using TsBackup.Storage;

namespace TsBackup.Operations;

/// <summary>How fast a storage is.</summary>
/// <param name="Latency">Time of a read of one byte.</param>
/// <param name="ReadRate">Bytes a second; null when nothing could be read.</param>
/// <param name="WriteRate">Bytes a second; null when nothing was or could be written.</param>
/// <param name="Refusal">Why nothing could be written; null else.</param>
internal sealed record StorageSpeed(TimeSpan Latency, double? ReadRate, double? WriteRate, TsBackupException? Refusal);

/// <summary>Measures a storage with a small object that is written, read back, compared and deleted.</summary>
internal static class StorageProbe
{
    private const int Size = 1 << 20;

    /// <exception cref="TsBackupException">Something cannot be read; what was written came back otherwise (StorageReadFailed).</exception>
    public static async Task<StorageSpeed> MeasureAsync(IStorage storage, CancellationToken cancellation)
    {
        var bytes = RandomNumberGenerator.GetBytes(Size);
        var name = ObjectNames.Probes + ObjectNames.NewId();
        var watch = Stopwatch.StartNew();
        try
        {
            await storage.PutAsync(name, bytes, cancellation).ConfigureAwait(false);
            var written = watch.Elapsed;
            return await ReadBackAsync(storage, name, bytes, written, cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (e.Kind is ErrorKind.StorageWrite or ErrorKind.Permission)
        {
            return await ReadOnlyAsync(storage, e, cancellation).ConfigureAwait(false);
        }
        finally
        {
            await RemoveAsync(storage, name).ConfigureAwait(false);
        }
    }

    /// <summary>Measures by reading alone, the largest object that is there.</summary>
    public static async Task<StorageSpeed> ReadOnlyAsync(IStorage storage, TsBackupException? refusal, CancellationToken cancellation)
    {
        StorageObject? largest = null;
        await foreach (var item in storage.ListAsync("", cancellation).ConfigureAwait(false))
            largest = largest is null || item.Length > largest.Length ? item : largest;
        if (largest is null)
            return new StorageSpeed(TimeSpan.Zero, null, null, refusal);
        var watch = Stopwatch.StartNew();
        await storage.ReadAsync(largest.Name, 0, new byte[1], cancellation).ConfigureAwait(false);
        var latency = watch.Elapsed;
        watch.Restart();
        var read = await storage.ReadAsync(largest.Name, 0, new byte[Size], cancellation).ConfigureAwait(false);
        return new StorageSpeed(latency, RateOf(read, watch.Elapsed), null, refusal);
    }

    private static async Task<StorageSpeed> ReadBackAsync(
        IStorage storage, string name, byte[] bytes, TimeSpan written, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        await storage.ReadAsync(name, Size / 2, new byte[1], cancellation).ConfigureAwait(false);
        var latency = watch.Elapsed;
        var back = new byte[Size];
        watch.Restart();
        var read = await storage.ReadAsync(name, 0, back, cancellation).ConfigureAwait(false);
        var elapsed = watch.Elapsed;
        if (read != Size || !back.AsSpan().SequenceEqual(bytes))
        {
            throw new TsBackupException(
                ErrorId.StorageReadFailed,
                $"What was written to {storage.Location} a moment ago came back otherwise.",
                storage.Location,
                "Do not keep backups there before disk, controller, memory or network is repaired.");
        }
        return new StorageSpeed(latency, RateOf(Size, elapsed), RateOf(Size, written), null);
    }

    private static double RateOf(int bytes, TimeSpan time) => bytes / Math.Max(time.TotalSeconds, 1e-6);

    private static async Task RemoveAsync(IStorage storage, string name)
    {
        try
        {
            await storage.DeleteAsync(name, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TsBackupException)
        {
            // Where nothing can be written there is nothing to delete; anything else is left to the next compaction.
        }
    }
}
