using System.Text;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tests.Contracts;
using TsBackup.Tests.Support;
using TsBackup.TestServers;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb;

/// <summary>Faults between a real server and the connector: whatever happens, no slice ends that is not complete.</summary>
[Collection(InfluxDbCollection.Name)]
public sealed class InfluxFaultTests(InfluxDbFixture fixture)
{
    [SkippableFact]
    public async Task AReplyCutAnywhereNeverEndsASlice()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var group = await PrepareAsync();
        await using var proxy = FaultProxy.Start(fixture.Server.HttpPort);
        proxy.Only("SELECT");
        await using var connector = fixture.Open(group.Database, new ConnectorOptions { Attempts = 1 }, proxy.Port);
        var ids = new HashSet<ErrorId>();

        Assert.True((await ReadAsync(connector, group.Group)).Ended);
        var length = proxy.LastReplyLength;
        for (var cut = 0L; cut < length; cut += cut < 600 ? 29 : 11)
        {
            proxy.Add(new Fault.CutReply(cut));
            var (ended, error) = await ReadAsync(connector, group.Group);
            Assert.False(ended, $"cut after {cut} bytes");
            ids.Add(error!.Value);
        }

        Assert.All(ids, id => Assert.True(id is ErrorId.StoreReplyTruncated or ErrorId.StoreConnectionLost or ErrorId.StoreReplyInvalid, id.ToString()));
        Assert.Contains(ErrorId.StoreReplyTruncated, ids);
        Assert.True((await ReadAsync(connector, group.Group)).Ended);
    }

    [SkippableFact]
    public async Task ASliceThatHasGivenNothingYetIsTriedAgain()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var group = await PrepareAsync();
        await using var proxy = FaultProxy.Start(fixture.Server.HttpPort);
        proxy.Only("SELECT");
        await using var connector = fixture.Open(group.Database, new ConnectorOptions { Clock = new HastyClock() }, proxy.Port);
        proxy.Add(new Fault.CutReply(700), new Fault.Answer(503), new Fault.CutReply(300), new Fault.Refuse());

        Assert.True((await ReadAsync(connector, group.Group)).Ended);
        Assert.Equal(4, proxy.Made);
    }

    [SkippableFact]
    public async Task OtherSlicesOfAGroupAreReadWhenOneFails()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var group = await PrepareAsync();
        await using var connector = fixture.Open(group.Database);
        var good = group.Group.Slices[0];
        var bad = good with { Table = good.Table with { Group = "no such policy" } };
        var steps = new List<string>();

        await foreach (var step in connector.ReadAsync(new SliceGroup("g", [good, bad, good with { Window = new TimeRange(0, 5) }]), CancellationToken.None))
        {
            steps.Add(step is SliceFailure failure ? failure.Error.Id.ToString() : step.GetType().Name);
            (step as SliceRows)?.Batch.Dispose();
        }

        Assert.Equal(["SliceRows", "SliceEnd", nameof(ErrorId.StoreNotFound), "SliceRows", "SliceEnd"], steps);
    }

    [SkippableFact]
    public async Task AServerThatIsKilledHalfWayFailsTheSlice()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var server = await InfluxDbServer.StartAsync();
        await server.QueryAsync("CREATE DATABASE d");
        var lines = new StringBuilder();
        for (var i = 0; i < 200_000; i++)
            lines.Append("m,h=a v=\"0123456789012345678901234567890123456789\" ").Append(i).Append('\n');
        await server.WriteAsync("d", lines.ToString());
        await using var connector = ConnectorCatalog.Open(StoreAddress.Parse(server.StoreUri("d") + "?snapshot=off"), new ConnectorOptions { Clock = new HastyClock() });
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var group = Assert.Single(await connector.PlanAsync(catalog, Scope.All, CancellationToken.None));
        var ended = false;
        TsBackupException? error = null;

        await foreach (var step in connector.ReadAsync(group, CancellationToken.None))
        {
            if (step is SliceRows rows)
            {
                rows.Batch.Dispose();
                server.Kill();
            }
            ended |= step is SliceEnd;
            error = (step as SliceFailure)?.Error ?? error;
        }

        Assert.False(ended);
        Assert.True(error!.Id is ErrorId.StoreReplyTruncated or ErrorId.StoreConnectionLost, error.Id.ToString());
        var unreachable = await Assert.ThrowsAsync<TsBackupException>(() => connector.DescribeAsync(CancellationToken.None));
        Assert.Equal(ErrorId.StoreUnreachable, unreachable.Id);

        // What was acknowledged is there after the next start.
        await server.RestartAsync();
        Assert.Equal(200_000, (await StoreRows.ReadAsync(connector)).Count);
    }

    [SkippableFact]
    public async Task LimitsOfTheServerAreErrorsOrDoNotBite()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var server = await InfluxDbServer.StartAsync(new InfluxDbServerOptions
        {
            Sections = new Dictionary<string, string> { ["http"] = "max-row-limit = 2", ["coordinator"] = "max-select-series = 3" },
        });
        await server.QueryAsync("CREATE DATABASE d");
        await server.WriteAsync("d", "few,h=a v=1 1\nfew,h=a v=2 2\nfew,h=a v=3 3\nfew,h=b v=3 3");
        await using var connector = ConnectorCatalog.Open(StoreAddress.Parse(server.StoreUri("d") + "?snapshot=off"), new ConnectorOptions { Attempts = 1 });

        // A plain reply would end after two rows.
        Assert.Equal(4, (await StoreRows.ReadAsync(connector)).Count);

        await server.WriteAsync("d", "many,h=a v=1 1\nmany,h=b v=2 2\nmany,h=c v=3 3\nmany,h=d v=3 3");
        var error = await Assert.ThrowsAsync<TsBackupException>(() => StoreRows.ReadAsync(connector));
        Assert.Equal(ErrorId.StoreQueryFailed, error.Id);
    }

    [SkippableTheory]
    [InlineData(401, ErrorId.StoreCredentialRejected, 1)]
    [InlineData(403, ErrorId.StoreAccessDenied, 1)]
    [InlineData(429, ErrorId.StoreThrottled, 3)]
    [InlineData(503, ErrorId.StoreThrottled, 3)]
    [InlineData(504, ErrorId.StoreTimeout, 3)]
    [InlineData(500, ErrorId.StoreQueryFailed, 3)]
    [InlineData(400, ErrorId.StoreQueryFailed, 1)]
    [InlineData(302, ErrorId.StoreReplyInvalid, 1)]
    public async Task AStatusHasItsErrorAndItsNumberOfTries(int status, ErrorId id, int tries)
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var proxy = FaultProxy.Start(fixture.Server.HttpPort);
        proxy.Add([.. Enumerable.Repeat(new Fault.Answer(status, "{\"error\":\"no\"}"), 10)]);
        await using var connector = fixture.Open("d", new ConnectorOptions { Attempts = 3, Clock = new HastyClock() }, proxy.Port);

        var error = await Assert.ThrowsAsync<TsBackupException>(() => connector.DescribeAsync(CancellationToken.None));

        Assert.Equal((id, tries), (error.Id, proxy.Made));
    }

    [SkippableFact]
    public async Task AServerThatNeverAnswersIsLeftAfterTheTimeAllowed()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var proxy = FaultProxy.Start(fixture.Server.HttpPort);
        proxy.Add(new Fault.HalfOpen(), new Fault.HalfOpen());
        var options = new ConnectorOptions { Attempts = 2, Timeout = TimeSpan.FromMilliseconds(300) };
        await using var connector = fixture.Open("d", options, proxy.Port);

        var error = await Assert.ThrowsAsync<TsBackupException>(() => connector.DescribeAsync(CancellationToken.None));

        Assert.Equal((ErrorId.StoreTimeout, 2), (error.Id, proxy.Made));
    }

    [SkippableFact]
    public async Task ASlowReplyIsNotALateOne()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var group = await PrepareAsync();
        await using var proxy = FaultProxy.Start(fixture.Server.HttpPort);
        proxy.Only("SELECT");
        proxy.Add(new Fault.Delay(TimeSpan.FromMilliseconds(200)));
        await using var connector = fixture.Open(group.Database, new ConnectorOptions { Attempts = 1 }, proxy.Port);

        Assert.True((await ReadAsync(connector, group.Group)).Ended);
    }

    private async Task<(string Database, SliceGroup Group)> PrepareAsync()
    {
        var database = await fixture.NewDatabaseAsync();
        var lines = new StringBuilder();
        for (var i = 0; i < 40; i++)
            lines.Append("m,h=").Append(i % 3).Append(" v=").Append(i).Append(",s=\"text ").Append(i).Append("\" ").Append(i).Append('\n');
        await fixture.Server.WriteAsync(database, lines.ToString());
        await using var connector = fixture.Open(database);
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var group = Assert.Single(await connector.PlanAsync(catalog, Scope.All, CancellationToken.None));
        return (database, group);
    }

    private static async Task<(bool Ended, ErrorId? Error)> ReadAsync(IConnector connector, SliceGroup group)
    {
        var ended = false;
        ErrorId? error = null;
        await foreach (var step in connector.ReadAsync(group, CancellationToken.None))
        {
            (step as SliceRows)?.Batch.Dispose();
            ended |= step is SliceEnd;
            error = (step as SliceFailure)?.Error.Id ?? error;
        }
        return (ended, error);
    }
}
