using TsBackup.Connectors;
using TsBackup.Connectors.Tablestore;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.TestServers.Tablestore;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>A fake instance with a connector to it and shortcuts to fill it.</summary>
internal sealed class FakeStore : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _open = [];

    public FakeStore(InstantClock? clock = null, string? token = null)
    {
        Clock = clock ?? new InstantClock();
        Server = new FakeTablestore(Clock, token);
        Options = new ConnectorOptions { Clock = Clock, Log = Log.Add, Warn = Warnings.Add };
        Client = new TablestoreClient(TablestoreEndpoint.From(Address()), Options);
    }

    public InstantClock Clock { get; }

    public FakeTablestore Server { get; }

    public ConnectorOptions Options { get; }

    public TablestoreClient Client { get; }

    public List<string> Log { get; } = [];

    public List<string> Warnings { get; } = [];

    public long NowMs => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public StoreAddress Address(string suffix = "") =>
        StoreAddress.Parse($"tablestore+http://127.0.0.1:{Server.Port}/{FakeTablestore.InstanceName}{suffix}")
            .WithCredential(FakeTablestore.AccessKeyId, FakeTablestore.AccessKeySecret);

    public TablestoreConnector Connect(string suffix = "", ConnectorOptions? options = null)
    {
        var connector = new TablestoreConnector(Address(suffix), options ?? Options);
        _open.Add(connector);
        return connector;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var open in _open)
            await open.DisposeAsync();
        Client.Dispose();
        await Server.DisposeAsync();
    }

    public static PrimaryKeySchema Key(string name, PrimaryKeyType type, bool auto = false) =>
        new() { Name = name, Type = type, Option = auto ? PrimaryKeyOption.AutoIncrement : null };

    public Task CreateAsync(string table, TableOptions? options = null, params PrimaryKeySchema[] keys)
    {
        var request = new CreateTableRequest
        {
            Meta = new TableMeta { TableName = table },
            Throughput = new ReservedThroughput { Units = new CapacityUnit { Read = 0, Write = 0 } },
            Options = options ?? new TableOptions { TimeToLive = -1, MaxVersions = 1 },
        };
        request.Meta.PrimaryKey.AddRange(keys.Length > 0 ? keys : [Key("pk", PrimaryKeyType.String)]);
        return CreateAsync(request);
    }

    public Task CreateAsync(CreateTableRequest request) =>
        Client.CallAsync<EmptyMessage>(OperationNames.CreateTable, request, null, CancellationToken.None);

    public Task PutAsync(string table, string key, params (string Name, PlainValue Value, long Version)[] cells)
    {
        var keys = new (string, PlainValue)[] { ("pk", PlainValue.Of(key)) };
        return PutAsync(table, keys, cells);
    }

    public async Task PutAsync(
        string table, (string Name, PlainValue Value)[] keys, params (string Name, PlainValue Value, long Version)[] cells)
    {
        var writer = new PlainBufferWriter();
        writer.BeginRow();
        foreach (var (name, value) in keys)
            writer.Key(name, value);
        foreach (var (name, value, version) in cells)
            writer.Cell(name, value, version);
        writer.EndRow();
        var request = new RowChangeRequest
        {
            TableName = table,
            Row = writer.ToArray(),
            Condition = new Condition { RowExistence = RowExistence.Ignore },
        };
        await Client.CallAsync<RowChangeResponse>(OperationNames.PutRow, request, table, CancellationToken.None);
    }

    public Task<DescribeTableResponse> DescribeAsync(string table) => Client.CallAsync<DescribeTableResponse>(
        OperationNames.DescribeTable, new TableNameRequest { TableName = table }, table, CancellationToken.None);

    /// <summary>Copies all of a store into another as a restore does.</summary>
    /// <returns>The account, what became of the settings, and the failures while reading.</returns>
    public static async Task<(WriteOutcome Rows, IReadOnlyList<SettingOutcome> Settings, List<SliceFailure> Failures)> CopyAsync(
        IConnector source, IConnector target, Func<string, string>? rename = null, Scope? scope = null, bool isScratch = false)
    {
        var cancellation = CancellationToken.None;
        TableId Renamed(TableId id) => id with { Name = rename?.Invoke(id.Name) ?? id.Name };
        Slice Moved(Slice slice) => slice with { Table = Renamed(slice.Table) };
        var catalog = await source.DescribeAsync(cancellation);
        var groups = await source.PlanAsync(catalog, scope ?? Scope.All, cancellation);
        var moved = catalog with
        {
            Tables = [.. catalog.Tables.Select(t => t with { Id = Renamed(t.Id) })],
            Settings = [.. catalog.Settings.Select(d => d with { Table = d.Table is { } t ? Renamed(t) : null })],
        };
        await using var writer = await target.OpenWriterAsync(new RestoreTarget(moved, TimeRange.All, isScratch), cancellation);
        var failures = new List<SliceFailure>();
        var outcome = new WriteOutcome(0, 0, []);
        foreach (var group in groups)
        {
            async IAsyncEnumerable<SliceEvent> Events()
            {
                await foreach (var step in source.ReadAsync(group, cancellation))
                {
                    if (step is SliceFailure failure)
                        failures.Add(failure);
                    yield return step is SliceRows rows ? rows with { Slice = Moved(rows.Slice) } : step with { Slice = Moved(step.Slice) };
                }
            }
            var one = await writer.WriteAsync(
                group with { Slices = [.. group.Slices.Select(Moved)], Token = null }, Events(), cancellation);
            outcome = new WriteOutcome(
                outcome.RowsWritten + one.RowsWritten, outcome.RowsFailed + one.RowsFailed, [.. outcome.Failures, .. one.Failures]);
        }
        return (outcome, await writer.CompleteAsync(cancellation), failures);
    }

    /// <summary>Reads all of a store: one digest and count over every slice of each table.</summary>
    public static async Task<SortedDictionary<string, (long Rows, SliceDigest Digest)>> DigestAsync(IConnector connector)
    {
        var sums = new SortedDictionary<string, (long Rows, SliceDigest Digest)>(StringComparer.Ordinal);
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        foreach (var group in await connector.PlanAsync(catalog, Scope.All, CancellationToken.None))
        {
            using var digester = new SliceDigester();
            await foreach (var step in connector.ReadAsync(group, CancellationToken.None))
            {
                if (step is SliceFailure failure)
                    throw failure.Error;
                if (step is not SliceRows(_, var batch))
                    continue;
                digester.Append(batch);
                batch.Dispose();
            }
            var summary = digester.Finish();
            var name = group.Slices[0].Table.ToString();
            var old = sums.GetValueOrDefault(name);
            sums[name] = (old.Rows + summary.Rows, old.Digest + summary.Digest);
        }
        return sums;
    }
}
