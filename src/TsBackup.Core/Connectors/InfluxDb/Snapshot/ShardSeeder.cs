using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>
/// Makes shards: the server itself makes one, with the window it wants, when a row is written by line protocol. The row is in the file
/// that follows as well, which changes nothing. Callers take turns.
/// </summary>
internal sealed class ShardSeeder(InfluxApi api, SnapshotPort port)
{
    private readonly Dictionary<(string Policy, long Index), ulong> _shards = [];
    private readonly InfluxPointSender _sender = new(api);

    /// <summary>The shard of a number of windows; null when the server refuses the row.</summary>
    public async Task<ulong?> ShardOfAsync(Slice slice, Batch batch, int row, long index, CancellationToken cancellation)
    {
        if (_shards.TryGetValue((slice.Table.Group, index), out var known))
            return known;
        var account = new InfluxWriteAccount();
        await _sender.SendAsync(slice, batch, row, row + 1, 0, account, cancellation).ConfigureAwait(false);
        if (account.ToOutcome().RowsFailed > 0)
            return null;
        var shard = await FindAsync(slice.Table.Group, batch.Time!.Values[row], cancellation).ConfigureAwait(false);
        _shards.Add((slice.Table.Group, index), shard);
        return shard;
    }

    private async Task<ulong> FindAsync(string policy, long time, CancellationToken cancellation)
    {
        var meta = await port.ReadMetaAsync(cancellation).ConfigureAwait(false);
        var group = meta.Find(api.Database)?.Policies.FirstOrDefault(found => found.Name == policy)?.ShardGroups
            .FirstOrDefault(found => !found.IsDeleted && found.Shards.Count == 1 && found.Window.Contains(time));
        var shown = await InfluxShardGroup.ReadAllAsync(api, cancellation).ConfigureAwait(false);
        return group is not null && shown.Exists(found => found.Id == (long)group.Id && found.Policy == policy && found.Window.First == group.Window.First)
            ? group.Shards[0]
            : throw new TsBackupException(
                ErrorId.StoreReplyInvalid,
                $"The snapshot port {port.Target} does not know the shard that {api.Target} has made for {TimeText.Format(time)}.",
                port.Target,
                "Restore by line protocol with ?restore=lines.");
    }
}
