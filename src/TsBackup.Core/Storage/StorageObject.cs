namespace TsBackup.Storage;

/// <summary>An object as a listing shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Modified">When the storage says it was written; only for people, never for decisions about safety.</param>
public sealed record StorageObject(string Name, long Length, DateTimeOffset Modified);
