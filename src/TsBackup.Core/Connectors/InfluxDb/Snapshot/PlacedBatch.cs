using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>A batch whose rows all have a shard that will take them.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="Keys">Its series' keys.</param>
/// <param name="Policy">The windows of its retention policy, with their shards.</param>
internal sealed record PlacedBatch(Batch Batch, NativeBatch Keys, PolicyWindows Policy);
