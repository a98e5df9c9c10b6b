using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>A batch whose rows all have a shard that will take them.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="Keys">Its series' keys.</param>
/// <param name="Policy">Its retention policy.</param>
/// <param name="Windows">The windows of that policy.</param>
/// <param name="Shards">The shard of each window.</param>
internal sealed record PlacedBatch(Batch Batch, NativeBatch Keys, string Policy, ShardWindows Windows, IReadOnlyDictionary<long, ulong> Shards);
