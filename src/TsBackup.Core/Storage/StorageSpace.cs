namespace TsBackup.Storage;

/// <summary>Room of a storage.</summary>
/// <param name="FreeBytes">Bytes that this user can still write.</param>
/// <param name="TotalBytes">Bytes that fit altogether.</param>
public sealed record StorageSpace(long FreeBytes, long TotalBytes);
