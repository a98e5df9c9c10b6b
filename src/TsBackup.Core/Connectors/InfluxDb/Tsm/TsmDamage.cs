namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// What a decoder of spans throws: the fact alone, as the end of a sentence. Who knows file and offset turns it into
/// SourceFileDamaged; it never leaves this namespace.
/// </summary>
internal sealed class TsmDamage(string fact) : Exception(fact);
