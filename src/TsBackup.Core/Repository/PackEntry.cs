namespace TsBackup.Repository;

/// <summary>A block of a pack: its id and its bytes there, tag included. Its place is the sum of those before it.</summary>
internal readonly record struct PackEntry(BlockId Id, uint Stored);
