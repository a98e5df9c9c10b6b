using TsBackup.Connectors;
using TsBackup.Errors;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb;

public sealed class InfluxAddressTests
{
    [Theory]
    [InlineData("influxdb://host:8086", ErrorId.StoreUriInvalid)]
    [InlineData("influxdb://host/", ErrorId.StoreUriInvalid)]
    [InlineData("influxdb://host/_internal", ErrorId.CapabilityMissing)]
    [InlineData("influxdb://host/db?colour=red", ErrorId.StoreUriInvalid)]
    public void AnAddressThatMakesNoSenseIsRefused(string uri, ErrorId id)
    {
        var error = Assert.Throws<TsBackupException>(() => ConnectorCatalog.Open(StoreAddress.Parse(uri)));

        Assert.Equal(id, error.Id);
    }

    [Fact]
    public async Task AHostThatIsNotThereIsUnreachable()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();
        await using var connector = ConnectorCatalog.Open(
            StoreAddress.Parse($"influxdb://u:hidden-word@127.0.0.1:{port}/d"), new ConnectorOptions { Attempts = 2, Clock = new Support.HastyClock() });

        var error = await Assert.ThrowsAsync<TsBackupException>(() => connector.DescribeAsync(CancellationToken.None));

        Assert.Equal(ErrorId.StoreUnreachable, error.Id);
        Assert.DoesNotContain("hidden-word", error.ToString());
        Assert.NotNull(error.Hint);
    }
}
