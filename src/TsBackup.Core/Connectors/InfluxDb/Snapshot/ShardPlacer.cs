using System.Buffers;
using TsBackup.Connectors.Http;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>
/// Finds the shards for rows, and makes the server ready for files with them. The server makes a shard when a row is written by line
/// protocol, and it must know every field of a shard before a file comes: with an index on disk it opens a shard with the list of
/// fields that writes have left and does not look for others in its files. So a row with each field is written here and is in the
/// file as well, which changes nothing. Types that the server refuses come out here too.
/// </summary>
internal sealed class ShardPlacer(InfluxApi api, SnapshotPort port, InfluxTarget target, SemaphoreSlim turn)
{
    private readonly Dictionary<string, PolicyWindows> _policies = new(StringComparer.Ordinal);

    /// <summary>Places a batch; null when the server would not take all of its rows, or their shards are not known.</summary>
    public async Task<PlacedBatch?> PlaceAsync(Slice slice, Batch batch, CancellationToken cancellation)
    {
        var length = target.ShardDurationOf(slice.Table.Group);
        if (length <= 0 || NativeBatch.Of(slice, batch) is not { } keys)
            return null;
        var policy = PolicyOf(slice.Table.Group, length);
        if (BatchSurvey.Of(slice.Table.Name, batch, policy.Windows, policy.Window) is not { } survey)
            return null;
        target.NoteTime(slice.Table.Group, batch);
        if (!survey.IsDone && !await SeedAsync(slice, batch, keys, survey, policy, cancellation).ConfigureAwait(false))
            return null;
        return new PlacedBatch(batch, keys, policy);
    }

    private PolicyWindows PolicyOf(string policy, long length)
    {
        lock (_policies)
        {
            if (!_policies.TryGetValue(policy, out var windows))
                _policies.Add(policy, windows = new PolicyWindows(policy, length));
            return windows;
        }
    }

    private async Task<bool> SeedAsync(
        Slice slice, Batch batch, NativeBatch keys, BatchSurvey survey, PolicyWindows policy, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!await SendAsync(slice, batch, survey, cancellation).ConfigureAwait(false))
                return false;
            survey.Sent(slice.Table.Name);
            foreach (var (window, run, row) in survey.Rows)
                window.AddSeed(keys.SeriesOf(run), batch.Time!.Values[row]);
            if (survey.Windows.Any(window => window.Shard == 0))
                await FindAsync(policy, cancellation).ConfigureAwait(false);
            return survey.Windows.All(window => window.Shard != 0);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<bool> SendAsync(Slice slice, Batch batch, BatchSurvey survey, CancellationToken cancellation)
    {
        var lines = new LineProtocolWriter { RefusesFieldsNamedTime = true };
        var text = new ArrayBufferWriter<byte>(4096);
        foreach (var (_, _, row) in survey.Rows)
        {
            if (lines.Write(slice.Table.Name, batch, row, row + 1, text) != 1)
                return false;
        }
        return text.WrittenCount == 0
            || await api.WriteAsync(slice.Table.Group, GzipBody.Pack(text.WrittenSpan), cancellation).ConfigureAwait(false) is null;
    }

    /// <summary>Notes the shards that HTTP and the port agree about.</summary>
    private async Task FindAsync(PolicyWindows policy, CancellationToken cancellation)
    {
        var meta = await port.ReadMetaAsync(cancellation).ConfigureAwait(false);
        var there = meta.Find(api.Database)?.Policies.FirstOrDefault(found => found.Name == policy.Name)?.ShardGroups ?? [];
        var here = await InfluxShardGroup.ReadAllAsync(api, cancellation).ConfigureAwait(false);
        foreach (var group in there)
        {
            var window = policy.Window(policy.Windows.IndexOf(group.Window.Last));
            var isWhole = policy.Windows.IndexOf(group.Window.First) == window.Index;
            if (!group.IsDeleted && group.Shards.Count == 1 && isWhole && here.Exists(shown =>
                shown.Id == (long)group.Id && shown.Policy == policy.Name && shown.Window.First == group.Window.First))
            {
                window.Shard = group.Shards[0];
            }
        }
    }
}
