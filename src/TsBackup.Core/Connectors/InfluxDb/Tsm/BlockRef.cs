namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>Where a block of values of one key is and which times it spans.</summary>
/// <param name="Min">First time.</param>
/// <param name="Max">Last time.</param>
/// <param name="Offset">Where the block starts: a file offset, or an index of values in memory.</param>
/// <param name="Size">Bytes with the checksum, or number of values in memory.</param>
internal readonly record struct BlockRef(long Min, long Max, long Offset, int Size);
