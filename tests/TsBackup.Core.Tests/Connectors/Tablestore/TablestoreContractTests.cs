using TsBackup.Connectors;
using TsBackup.Connectors.Tablestore;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tests.Contracts;
using Xunit;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>Stores of the contract suite are tables with a common prefix in one fake instance.</summary>
public abstract class TablestoreContract : ConnectorContract, IAsyncLifetime
{
    private readonly FakeStore _store = new();

    protected override ErrorId? MissingStore => null;

    protected override IReadOnlyList<ColumnType> ValueTypes { get; } =
        [ColumnType.Int64, ColumnType.Float64, ColumnType.Boolean, ColumnType.String, ColumnType.Binary];

    public Task InitializeAsync()
    {
        // Small pages and splits, so that every test crosses their borders.
        _store.Server.PageRows = 7;
        _store.Server.SplitBytes = 2000;
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => _store.DisposeAsync().AsTask();

    protected override IConnector Open(string store, ConnectorOptions? options = null) =>
        ConnectorCatalog.Open(_store.Address("/" + store.Replace('-', '_') + "_"), options ?? _store.Options);

    protected override IConnector Reopen(IConnector like, StoreAddress address) => ConnectorCatalog.Open(address, _store.Options);
}

public sealed class WideColumnContractTests : TablestoreContract
{
    protected override ContractData Data(int seed) => CellData.Make(Table, seed);
}

public sealed class TimeseriesContractTests : TablestoreContract
{
    // Ranges are read, but points cannot be deleted by time, which the suite asks of the same stores.
    protected override bool SlicesByTime => false;

    protected override TableId Table(string name) => new(TableColumns.TimeseriesGroup, name);

    protected override ContractData Data(int seed) => PointData.Make(Table, seed);
}
