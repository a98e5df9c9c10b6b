namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>A file in a tar stream.</summary>
/// <param name="Name">Its path with slashes.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Modified">Seconds since 1970 of the last change.</param>
/// <param name="IsFile">False for folders and links.</param>
internal sealed record TarEntry(string Name, long Size, long Modified, bool IsFile);
