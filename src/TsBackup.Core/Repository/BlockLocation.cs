namespace TsBackup.Repository;

/// <summary>Where a block is: number of the pack in the index in memory, first byte, bytes with tag.</summary>
internal readonly record struct BlockLocation(int Pack, uint Offset, uint Stored);
