namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>A block as it stands in a file: checksum, type, times, values.</summary>
/// <param name="First">Time of its first value.</param>
/// <param name="Last">Time of its last value.</param>
/// <param name="Bytes">The block; valid as long as the memory it was encoded into.</param>
internal readonly record struct TsmBlock(long First, long Last, ReadOnlyMemory<byte> Bytes);
