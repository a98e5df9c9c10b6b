using System.Collections.Concurrent;
using TsBackup.Tablestore.Protocol.Messages;

namespace TsBackup.TestServers.Tablestore;

/// <summary>What an instance holds.</summary>
internal sealed class FakeInstance(FakeTablestore server)
{
    public ConcurrentDictionary<string, FakeTable> Tables { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, FakeTimeseriesTable> Timeseries { get; } = new(StringComparer.Ordinal);

    public DateTimeOffset Now => server.Clock.GetUtcNow();

    public long NowMs => Now.ToUnixTimeMilliseconds();

    public FakeTable Table(string? name) => Tables.TryGetValue(name!, out var table) ? table : throw FakeError.NoTable(name!);

    public FakeTimeseriesTable Series(string? name) =>
        Timeseries.TryGetValue(name!, out var table) ? table : throw FakeError.NoTable(name!);

    /// <summary>Tables and their secondary indexes share one space of names.</summary>
    public bool IsTaken(string name) =>
        Tables.ContainsKey(name) || Timeseries.ContainsKey(name) || Tables.Values.Any(t => t.Index(name) is not null);

    public int Count => Tables.Count + Tables.Values.Sum(t => t.Indexes.Count) + (2 * Timeseries.Count);

    public static ConsumedCapacity Cost(int read, int write) => new() { Units = new CapacityUnit { Read = read, Write = write } };
}
