using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Tablestore.Protocol.FlatBuffers;

/// <summary>A point of a time-series table.</summary>
/// <param name="Measurement">Measurement.</param>
/// <param name="Source">Data source.</param>
/// <param name="Tags">Tags, sorted by name.</param>
/// <param name="Time">Time in µs.</param>
/// <param name="Fields">Fields, sorted by name.</param>
internal sealed record TimeseriesRow(
    string Measurement,
    string Source,
    IReadOnlyList<KeyValuePair<string, string>> Tags,
    long Time,
    IReadOnlyList<KeyValuePair<string, PlainValue>> Fields);
