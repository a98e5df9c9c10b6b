namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>A TSM file to be put into a shard.</summary>
/// <param name="Size">Its bytes.</param>
/// <param name="WriteTo">Writes just as many bytes; may be called again.</param>
/// <param name="Sample">A value that nothing but this file brings; null when there is none.</param>
internal sealed record UploadFile(long Size, Action<Stream, CancellationToken> WriteTo, UploadSample? Sample);

/// <summary>A value by which an upload is recognised.</summary>
internal sealed record UploadSample(byte[] Key, long Time);
