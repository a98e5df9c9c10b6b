using TsBackup.Connectors;
using TsBackup.Model;
using TsBackup.Tests.Contracts;
using TsBackup.TestServers;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb;

[Collection(InfluxDbCollection.Name)]
public sealed class InfluxDbContractTests(InfluxDbFixture fixture) : ConnectorContract
{
    protected override string? Unavailable => InfluxDbServer.Unavailable;

    protected override IReadOnlyList<ColumnType> ValueTypes =>
        [ColumnType.Float64, ColumnType.Int64, ColumnType.Boolean, ColumnType.String];

    protected override TableId Table(string name) => new("autogen", name);

    protected override IConnector Open(string store, ConnectorOptions? options = null) => fixture.Open(store, options);
}
