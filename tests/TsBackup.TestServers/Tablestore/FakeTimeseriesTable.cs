using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.TestServers.Tablestore;

/// <summary>Names a series: measurement, source and the tag text <c>["k=v","k=v"]</c>.</summary>
internal sealed record FakeSeriesKey(string Measurement, string Source, string Tags);

/// <summary>A time-series table. Callers hold <see cref="Gate"/>.</summary>
internal sealed class FakeTimeseriesTable(CreateTimeseriesTableRequest definition)
{
    public object Gate { get; } = new();

    public TimeseriesTableMeta Meta { get; } = definition.Meta!;

    public List<AnalyticalStore> AnalyticalStores { get; } = definition.AnalyticalStores;

    public List<LastpointIndex> LastpointIndexes { get; } = definition.LastpointIndexes;

    /// <summary>Points by series and time; each point is its fields by name.</summary>
    public Dictionary<FakeSeriesKey, SortedDictionary<long, SortedDictionary<string, PlainValue>>> Points { get; } = [];

    /// <summary>Attributes and update time in µs by series.</summary>
    public Dictionary<FakeSeriesKey, (string Attributes, long UpdateTime)> Metas { get; } = [];
}
