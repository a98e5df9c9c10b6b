using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tests.Contracts;
using TsBackup.TestServers;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb;

/// <summary>Users, passwords, certificates and addresses.</summary>
public sealed class InfluxAccessTests : IAsyncLifetime
{
    private const string Password = "p@ss w\"ö'rd\\/+%";
    private InfluxDbServer? _server;

    private InfluxDbServer Server => _server!;

    public async Task InitializeAsync()
    {
        if (InfluxDbServer.Unavailable is not null)
            return;
        _server = await InfluxDbServer.StartAsync(new InfluxDbServerOptions { AdminUser = "root", AdminPassword = "s3cret", Tls = true });
        await _server.QueryAsync("CREATE DATABASE d");
        await _server.QueryAsync($"CREATE USER \"reader\" WITH PASSWORD '{Password.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'");
        await _server.QueryAsync("CREATE USER stranger WITH PASSWORD 'x'");
        await _server.QueryAsync("GRANT READ ON d TO reader");
        await _server.WriteAsync("d", "m v=1 1");
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [SkippableFact]
    public async Task TheAdminReadsAndWritesOverTls()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var connector = Open(Server.StoreUri("d"));

        Assert.Single(await StoreRows.ReadAsync(connector));
    }

    [SkippableFact]
    public async Task AnUntrustedCertificateIsRefusedUnlessAllowed()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var connector = ConnectorCatalog.Open(StoreAddress.Parse(Server.StoreUri("d")), new ConnectorOptions { Attempts = 1 });

        var error = await Assert.ThrowsAsync<TsBackupException>(() => connector.DescribeAsync(CancellationToken.None));

        Assert.Equal(ErrorId.StoreUnreachable, error.Id);
        Assert.Contains("certificate", error.Message);
    }

    [SkippableFact]
    public async Task PlainHttpToATlsPortIsNoHang()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var connector = Open(Server.StoreUri("d").Replace("+https", "", StringComparison.Ordinal));

        var error = await Assert.ThrowsAsync<TsBackupException>(() => connector.DescribeAsync(CancellationToken.None));

        Assert.True(error.Id is ErrorId.StoreReplyInvalid or ErrorId.StoreConnectionLost or ErrorId.StoreQueryFailed, error.Id.ToString());
    }

    [SkippableTheory]
    [InlineData("root", "wrong-pass")]
    [InlineData("nobody", "wrong-pass")]
    public async Task AWrongCredentialIsRejectedAndNeverShown(string user, string password)
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var connector = Open(UriOf(user, password));

        var error = await Assert.ThrowsAsync<TsBackupException>(() => connector.DescribeAsync(CancellationToken.None));

        Assert.Equal(ErrorId.StoreCredentialRejected, error.Id);
        Assert.DoesNotContain(password, error.ToString());
    }

    [SkippableFact]
    public async Task ACredentialIsNeededWhereTheServerAsksForOne()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var connector = Open($"influxdb+https://127.0.0.1:{Server.HttpPort}/d");

        var error = await Assert.ThrowsAsync<TsBackupException>(() => connector.DescribeAsync(CancellationToken.None));

        Assert.Equal(ErrorId.StoreCredentialRejected, error.Id);
    }

    [SkippableFact]
    public async Task AUserWithReadRightsBacksUpAndIsToldWhatItCannotSee()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var connector = Open(UriOf("reader", Password));

        var catalog = await connector.DescribeAsync(CancellationToken.None);

        Assert.Equal("m", Assert.Single(catalog.Tables).Id.Name);
        Assert.Equal(2, catalog.Warnings.Count);
        Assert.Single(await StoreRows.ReadAsync(connector));
    }

    [SkippableFact]
    public async Task AUserWithReadRightsCannotRestore()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var connector = Open(UriOf("reader", Password));
        var catalog = new Catalog("InfluxDB", "x", "x", [new TableSchema(new TableId("new policy", "m"), [])], [], []);

        var error = await Assert.ThrowsAsync<TsBackupException>(
            () => connector.OpenWriterAsync(new RestoreTarget(catalog, TimeRange.All), CancellationToken.None));

        Assert.Equal(ErrorId.StoreAccessDenied, error.Id);
    }

    [SkippableFact]
    public async Task ADatabaseWithoutRightsIsNotFound()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var connector = Open(UriOf("stranger", "x"));

        var error = await Assert.ThrowsAsync<TsBackupException>(() => connector.DescribeAsync(CancellationToken.None));

        Assert.Equal(ErrorId.StoreNotFound, error.Id);
    }

    private static IConnector Open(string uri) =>
        ConnectorCatalog.Open(StoreAddress.Parse(uri), new ConnectorOptions { AllowUntrustedCertificate = true, Attempts = 1 });

    private string UriOf(string user, string password) =>
        $"influxdb+https://{user}:{Uri.EscapeDataString(password)}@127.0.0.1:{Server.HttpPort}/d";
}
