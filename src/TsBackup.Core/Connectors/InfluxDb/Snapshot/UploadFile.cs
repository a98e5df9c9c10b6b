namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>A TSM file to be put into a shard.</summary>
/// <param name="Size">Its bytes.</param>
/// <param name="WriteTo">Writes just as many bytes; may be called again.</param>
/// <param name="Sample">Key and time of a value that nothing but this file brings; null when there is none.</param>
internal sealed record UploadFile(long Size, Action<Stream, CancellationToken> WriteTo, (byte[] Key, long Time)? Sample);
