using System.Globalization;
using TsBackup.Connectors.Http;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>
/// Uploads files into shards and makes sure that they have arrived: the port itself says nothing, so that a value of each upload is
/// asked for over HTTP. Callers take turns.
/// </summary>
internal sealed class ShardUploader(InfluxApi api, SnapshotPort port, ConnectorOptions options)
{
    // Numbers far apart leave room for the files that the server writes itself.
    private const int Gap = 10_000;
    private int _files;

    /// <summary>Uploads the files of a shard, again when they do not arrive.</summary>
    /// <exception cref="TsBackupException">StoreConnectionLost, StoreTimeout, StoreUnreachable; the message names the shard.</exception>
    public async Task UploadAsync(WindowShard window, IReadOnlyList<UploadFile> files, CancellationToken cancellation)
    {
        var (policy, shard) = (window.Policy, window.Shard);
        for (var attempt = 1; ; attempt++)
        {
            Exception? reason = null;
            try
            {
                var named = files.Select(file => (NextName(policy, shard), file)).ToArray();
                await port.UploadAsync(shard, named, cancellation).ConfigureAwait(false);
            }
            catch (TsBackupException error) when (error.IsTransient)
            {
                reason = error;
            }
            if (await HasArrivedAsync(policy, files, reason is null, cancellation).ConfigureAwait(false))
                return;
            if (attempt >= options.Attempts)
                throw Lost(policy, shard, reason);
            options.Log?.Invoke($"Shard {shard} of {api.Target} did not arrive at the snapshot port {port.Target}. Sending it again.");
            await Task.Delay(Backoff.Pause(attempt, null), options.Clock, cancellation).ConfigureAwait(false);
        }
    }

    private string NextName(string policy, ulong shard) => string.Create(
        CultureInfo.InvariantCulture, $"{api.Database}/{policy}/{shard}/{(long)Interlocked.Increment(ref _files) * Gap:D9}-000000001.tsm");

    /// <summary>True when each file's sample is there; files all of whose values were there before need none.</summary>
    private async Task<bool> HasArrivedAsync(string policy, IReadOnlyList<UploadFile> files, bool wasSent, CancellationToken cancellation)
    {
        // A shard takes all files or none.
        if (files.LastOrDefault(file => file.Sample is not null)?.Sample is not var (key, time))
            return wasSent;
        var rows = await api.QueryAsync(SampleQuery(policy, key, time), cancellation).ConfigureAwait(false);
        return rows.Sum(row => row.Integer("count")) > 0;
    }

    private TsBackupException Lost(string policy, ulong shard, Exception? reason) => new(
        ErrorId.StoreConnectionLost,
        $"{api.Target} has not taken shard {shard} of retention policy '{policy}', which was sent {options.Attempts} times to its snapshot port "
            + $"{port.Target}.",
        api.Target,
        "See the server's log and restore again, or restore by line protocol with ?restore=lines.",
        reason);

    private string SampleQuery(string policy, ReadOnlySpan<byte> key, long time)
    {
        var series = key[..SeriesKey.SeriesLength(key)];
        var field = SeriesKey.Text(key[(series.Length + SeriesKey.Separator.Length)..]);
        var measurement = SeriesKey.MeasurementLength(series);
        var table = new TableId(policy, SeriesKey.Measurement(series[..measurement]));
        var query = $"SELECT count({InfluxQl.Name(field)}::field) FROM {InfluxQl.Source(api.Database, table)}"
            + $" WHERE {InfluxQl.Times(new TimeRange(time, time))}";
        var rest = measurement == series.Length ? default : series[(measurement + 1)..];
        while (SeriesKey.NextTag(ref rest, out var tag, out var value))
        {
            var text = SeriesKey.Text(LineProtocolSyntax.UnescapeTag(value));
            query += $" AND {InfluxQl.Name(SeriesKey.Text(tag))}::tag = {InfluxQl.Text(text)}";
        }
        return query;
    }
}
