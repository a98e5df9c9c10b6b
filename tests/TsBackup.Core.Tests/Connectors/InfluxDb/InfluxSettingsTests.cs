using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb;
using TsBackup.Model;
using TsBackup.TestServers;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb;

[Collection(InfluxDbCollection.Name)]
public sealed class InfluxSettingsTests(InfluxDbFixture fixture)
{
    [SkippableFact]
    public async Task SettingsComeBackIntoADatabaseOfAnotherName()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var source = await PrepareAsync();
        var target = source + "-copy";
        await using var from = fixture.Open(source);
        await using var to = fixture.Open(target);
        var catalog = await from.DescribeAsync(CancellationToken.None);

        var outcomes = await RestoreAsync(to, catalog, isScratch: false);
        var restored = await to.DescribeAsync(CancellationToken.None);

        Assert.Equal(
            ["continuous-query c q", "retention-policy autogen", "retention-policy r 2", "subscription r 2/s'1", $"user {UserOf(source)}"],
            outcomes.Where(o => o.Restored).Select(o => $"{o.Kind} {o.Name}").Order(StringComparer.Ordinal));
        Assert.All(outcomes, outcome => Assert.True(outcome.Restored, outcome.Remark));
        Assert.Equal(
            catalog.Settings.Select(s => (s.Kind, s.Name, Native: s.Native.Replace(source, target, StringComparison.Ordinal))),
            restored.Settings.Select(s => (s.Kind, s.Name, s.Native)));
        Assert.Contains(catalog.Settings, s => s is { Kind: "user", IsComplete: false } && s.Remark.Length > 0);
        Assert.Contains(catalog.Settings, s => s.Kind == "retention-policy" && s.Native.Contains("SHARD DURATION 86400000000000ns", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task RetentionPoliciesComeBackUnderOtherNamesWithWhatNamesThem()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var source = await PrepareAsync();
        await using var from = fixture.Open(source);
        await using var to = fixture.Open(source + "-renamed");
        var catalog = await from.DescribeAsync(CancellationToken.None);
        var target = new RestoreTarget(catalog, TimeRange.All) { Groups = new Dictionary<string, string> { ["r 2"] = "r\"3", ["autogen"] = "auto" } };

        await using (var writer = await to.OpenWriterAsync(target, CancellationToken.None))
            Assert.All(await writer.CompleteAsync(CancellationToken.None), outcome => Assert.True(outcome.Restored, outcome.Remark));
        var restored = await to.DescribeAsync(CancellationToken.None);

        Assert.Equal(
            ["auto", "r\"3"], restored.Settings.Where(s => s.Kind == "retention-policy").Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.Equal(
            catalog.Settings.Single(s => s.Name == "r 2").Native.Replace("\"r 2\"", "\"r\\\"3\"", StringComparison.Ordinal),
            restored.Settings.Single(s => s.Name == "r\"3").Native.Replace(source + "-renamed", source, StringComparison.Ordinal));
        Assert.Contains(restored.Settings, s => s is { Kind: "subscription", Name: "r\"3/s'1" });
        Assert.DoesNotContain(restored.Settings, s => s.Native.Contains("\"r 2\"", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task ADrillBringsBackNothingThatActsByItself()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var source = await PrepareAsync();
        await using var from = fixture.Open(source);
        await using var to = fixture.Open(source + "-drill");
        var catalog = await from.DescribeAsync(CancellationToken.None);

        var outcomes = await RestoreAsync(to, catalog, isScratch: true);

        Assert.DoesNotContain(outcomes, outcome => outcome.Kind != "retention-policy");
        var restored = await to.DescribeAsync(CancellationToken.None);
        Assert.DoesNotContain(restored.Settings, s => s.Kind is "continuous-query" or "subscription");
        Assert.Contains("DURATION INF", restored.Settings.Single(s => s.Name == "r 2").Native);
    }

    [SkippableFact]
    public async Task AUserThatIsNotThereIsReportedWithWhatToDo()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var source = await PrepareAsync();
        await using var from = fixture.Open(source);
        var catalog = await from.DescribeAsync(CancellationToken.None);
        await fixture.Server.QueryAsync($"DROP USER \"{UserOf(source)}\"");
        await using var to = fixture.Open(source + "-copy");

        var outcomes = await RestoreAsync(to, catalog, isScratch: false);

        var user = Assert.Single(outcomes, outcome => outcome.Kind == "user");
        Assert.False(user.Restored);
        Assert.Contains($"GRANT READ ON \"{source}-copy\"", user.Remark);
    }

    [SkippableFact]
    public async Task ARetentionPolicyThatIsThereIsLeftAlone()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var source = await PrepareAsync();
        await using var from = fixture.Open(source);
        var catalog = await from.DescribeAsync(CancellationToken.None);
        var target = await fixture.NewDatabaseAsync(" WITH DURATION 100d SHARD DURATION 7d NAME \"r 2\"");
        await using var to = fixture.Open(target);

        var outcomes = await RestoreAsync(to, catalog, isScratch: false);

        var kept = outcomes.Single(outcome => outcome.Name == "r 2");
        Assert.False(kept.Restored);
        Assert.NotEmpty(kept.Remark);
        Assert.Contains("\"r 2\",\"2400h0m0s\",\"168h0m0s\",1,true", await fixture.Server.QueryAsync($"SHOW RETENTION POLICIES ON \"{target}\""));
    }

    [Theory]
    [InlineData("CREATE CONTINUOUS QUERY db ON db BEGIN SELECT mean(db) INTO db.rp.db FROM db.rp.m GROUP BY time(1m) END", "CREATE CONTINUOUS QUERY db ON \"new one\" BEGIN SELECT mean(db) INTO \"new one\".rp.db FROM \"new one\".rp.m GROUP BY time(1m) END")]
    [InlineData("SELECT 'db.x' FROM \"db\".\"rp\"./db.*\\/db./ WHERE a = 'db.' AND b =~ /db./", "SELECT 'db.x' FROM \"new one\".\"rp\"./db.*\\/db./ WHERE a = 'db.' AND b =~ /db./")]
    [InlineData("SELECT x.db.y FROM other.db.db", "SELECT x.db.y FROM other.db.db")]
    [InlineData("GRANT READ ON \"db\" TO \"db\"", "GRANT READ ON \"new one\" TO \"db\"")]
    [InlineData("SELECT a/b FROM db..m", "SELECT a/b FROM \"new one\"..m")]
    public void AStatementIsMovedWhereItNamesTheDatabase(string statement, string expected) =>
        Assert.Equal(expected, InfluxStatement.Rename(statement, "db", "new one"));

    [Theory]
    [InlineData("0s", 0)]
    [InlineData("168h0m0s", 604_800_000_000_000)]
    [InlineData("1h30m0.5s", 5_400_500_000_000)]
    [InlineData("1µs2ns", 1_002)]
    [InlineData("2562047h47m16.854775807s", long.MaxValue)]
    public void DurationsAreReadAsTheServerPrintsThem(string text, long expected) => Assert.Equal(expected, GoDuration.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData("12")]
    [InlineData("1x")]
    [InlineData("99999999999h")]
    public void WhatIsNoDurationIsRefused(string text) =>
        Assert.Equal(Errors.ErrorId.StoreReplyInvalid, Assert.Throws<Errors.TsBackupException>(() => GoDuration.Parse(text)).Id);

    private static string UserOf(string database) => $"u-{database[3..]}";

    private async Task<string> PrepareAsync()
    {
        var source = await fixture.NewDatabaseAsync();
        await fixture.Server.QueryAsync($"CREATE RETENTION POLICY \"r 2\" ON \"{source}\" DURATION 30d REPLICATION 1 SHARD DURATION 1d");
        await fixture.Server.QueryAsync($"CREATE CONTINUOUS QUERY \"c q\" ON \"{source}\" BEGIN SELECT mean(v) INTO \"r 2\".\"m x\" FROM m GROUP BY time(1h), * END", source);
        await fixture.Server.QueryAsync($"CREATE SUBSCRIPTION \"s'1\" ON \"{source}\".\"r 2\" DESTINATIONS ANY 'udp://127.0.0.1:9', 'udp://127.0.0.1:10'");
        await fixture.Server.QueryAsync($"CREATE USER \"{UserOf(source)}\" WITH PASSWORD 'x'");
        await fixture.Server.QueryAsync($"GRANT READ ON \"{source}\" TO \"{UserOf(source)}\"");
        return source;
    }

    private static async Task<IReadOnlyList<SettingOutcome>> RestoreAsync(InfluxDbConnector to, Catalog catalog, bool isScratch)
    {
        await using var writer = await to.OpenWriterAsync(new RestoreTarget(catalog, TimeRange.All, isScratch), CancellationToken.None);
        return await writer.CompleteAsync(CancellationToken.None);
    }
}
