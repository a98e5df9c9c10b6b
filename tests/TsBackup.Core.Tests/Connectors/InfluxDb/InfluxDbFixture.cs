using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb;
using TsBackup.TestServers;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb;

/// <summary>One real server for all tests of the collection.</summary>
public sealed class InfluxDbFixture : IAsyncLifetime
{
    private InfluxDbServer? _server;

    /// <summary>The server.</summary>
    public InfluxDbServer Server => _server ?? throw new InvalidOperationException(InfluxDbServer.Unavailable);

    /// <summary>A connector for a database of the server.</summary>
    public InfluxDbConnector Open(string database, ConnectorOptions? options = null, int port = 0) =>
        new(StoreAddress.Parse(Server.StoreUri(database, port) + "?snapshot=off"), options ?? new ConnectorOptions());

    /// <summary>Makes a database of a fresh name.</summary>
    public async Task<string> NewDatabaseAsync(string with = "")
    {
        var name = $"db-{Guid.NewGuid():N}"[..16];
        await Server.QueryAsync($"CREATE DATABASE \"{name}\"{with}");
        return name;
    }

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        if (InfluxDbServer.Unavailable is null)
            _server = await InfluxDbServer.StartAsync();
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}

/// <summary>Tests that share the server.</summary>
[CollectionDefinition(Name)]
public sealed class InfluxDbCollection : ICollectionFixture<InfluxDbFixture>
{
    /// <summary>Name of the collection.</summary>
    public const string Name = "InfluxDB";
}
