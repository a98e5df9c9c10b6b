using TsBackup.Connectors;
using TsBackup.Model;
using TsBackup.Tests.Contracts;
using TsBackup.Tests.Support;

namespace TsBackup.Tests.Connectors.Files;

public sealed class FileContractTests : ConnectorContract, IDisposable
{
    private readonly ScratchFolder _folder = new();

    protected override IReadOnlyList<ColumnType> ValueTypes =>
        [ColumnType.Float64, ColumnType.Int64, ColumnType.UInt64, ColumnType.Boolean, ColumnType.String];

    public void Dispose() => _folder.Dispose();

    protected override IConnector Open(string store, ConnectorOptions? options = null) =>
        ConnectorCatalog.Open(StoreAddress.Parse(new Uri(_folder.File(store)).AbsoluteUri), options);
}
