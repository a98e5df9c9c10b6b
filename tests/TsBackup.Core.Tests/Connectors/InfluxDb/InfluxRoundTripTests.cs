using System.Globalization;
using System.Text;
using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb;
using TsBackup.Model;
using TsBackup.Tests.Contracts;
using TsBackup.TestServers;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb;

/// <summary>Out of a real server and into it again, compared bit by bit; one test per way in which other tools lose something.</summary>
[Collection(InfluxDbCollection.Name)]
public sealed class InfluxRoundTripTests(InfluxDbFixture fixture)
{
    private const long Day = 86_400_000_000_000;

    public static TheoryData<string, string> Traps => new()
    {
        { "numbers", "n f=-0.0 1\nn f=5e-324 2\nn f=1.7976931348623157e308 3\nn f=1 4\nn i=9007199254740993i 5\nn i=-9223372036854775808i 6\nn i=9223372036854775807i 7\nn i=1i,f=1 8" },
        { "times", "t v=1 -9223372036854775806\nt v=2 9223372036854775806\nt v=3 -1\nt v=4 0\nt v=5 1\nt v=6 1772323200000000001\nt v=7 1772323200000000002" },
        { "tag and field of one name", "m,host=a host=\"field\",v=1 1\nm,host=b host=\"other\" 2\nm v=2 3" },
        { "tags on some series only", "m,a=1 v=1 1\nm,b=2 v=2 1\nm,a=1,b=2 v=3 1\nm v=4 1" },
        { "names", "we\"ird\\m\\,\\ x=1,t\"\\,\\=\\ k=v\"\\,\\=\\ \\v f\"\\,\\=\\ k=\"s\" 1\n/re.*/,host=a v=1 2\nm\\nx,t\\ng=\\n v=1 2\nSELECT,FROM=where GROUP=1 1\nü😀,é=ñ ø=1 1\n'q',\"k\"='v' \"f\"=1 1\nb\\\\s,x\\\\y=y\\\\z v\\\\w=1 4\n_field,_tagKey=a _x=1 1" },
        { "strings", "s t=\"\" 1\ns t=\"two\nlines\",u=\"\\\"\" 2\ns t=\"\\\\\" 3\ns t=\"a,b c=d\" 4\ns t=\"\t\r\" 5\ns t=\"\\n\" 6\ns t=\"ü😀\" 7" },
        { "fields that come and go", "m a=1 1\nm b=2i 2\nm c=\"x\" 3\nm d=true 4\nm a=5,b=6i,c=\"y\",d=false 5" },
    };

    [SkippableTheory]
    [MemberData(nameof(Traps))]
    public async Task WhatTheServerHoldsComesBackEqual(string trap, string lines)
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var source = await fixture.NewDatabaseAsync();
        await fixture.Server.WriteAsync(source, lines);

        var (rows, outcome) = await CopyAsync(source, source + "-copy");

        Assert.True(rows.Count > 0 && outcome.RowsFailed == 0, $"{trap}: {rows.Count} rows, {outcome.RowsFailed} failed");
        Assert.Equal(rows.Count, await CountAsync(source));
        await using var copy = fixture.Open(source + "-copy");
        Assert.Equal(rows, await StoreRows.ReadAsync(copy));
    }

    [SkippableFact]
    public async Task TheServersOwnAnswerIsTheSameForSourceAndCopy()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var source = await fixture.NewDatabaseAsync();
        await fixture.Server.WriteAsync(source, string.Join('\n', Traps.Select(trap => (string)trap[1])).Replace("t v=1 -9223372036854775806\n", "", StringComparison.Ordinal));
        var (_, outcome) = await CopyAsync(source, source + "-copy");
        Assert.Equal(0, outcome.RowsFailed);

        // Asked in JSON and without the connector: what it leaves out when reading would be missing on both sides of the other tests.
        const string all = "SELECT * FROM /.*/ GROUP BY *";
        var before = Points(await fixture.Server.QueryAsync(all, source));
        var after = Points(await fixture.Server.QueryAsync(all, source + "-copy"));

        // A row that the server has and does not show yet comes in a moment, one that is lost never.
        for (var asked = 0; asked < 20 && !before.SequenceEqual(after); asked++)
        {
            await Task.Delay(500);
            after = Points(await fixture.Server.QueryAsync(all, source + "-copy"));
        }
        Assert.InRange(before.Length, 30, 45);
        Assert.Equal(before, after);
    }

    [SkippableFact]
    public async Task TypesThatDifferBetweenShardsStayAsTheyAre()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var source = await fixture.NewDatabaseAsync(" WITH DURATION INF SHARD DURATION 1d NAME \"days\"");
        var types = new[] { "1.5", "2i", "\"three\"", "true", "5", "6i" };
        for (var day = 0; day < types.Length; day++)
            await fixture.Server.WriteAsync(source, string.Create(CultureInfo.InvariantCulture, $"m,h=a v={types[day]},w=1 {day * Day}\nm,h=b v={types[day]} {(day * Day) + 1}"));

        var (rows, outcome) = await CopyAsync(source, source + "-copy");

        Assert.Equal(0, outcome.RowsFailed);
        await using var copy = fixture.Open(source + "-copy");
        Assert.Equal(rows, await StoreRows.ReadAsync(copy));
        var kinds = rows.Values.Select(cells => cells.Split(';')[0].Split('=')[0]).Distinct().Order();
        Assert.Equal(["v:Boolean", "v:Float64", "v:Int64", "v:String"], kinds);
    }

    [SkippableFact]
    public async Task EachRetentionPolicyKeepsItsOwnRows()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var source = await fixture.NewDatabaseAsync();
        await fixture.Server.QueryAsync($"CREATE RETENTION POLICY \"a b\" ON \"{source}\" DURATION INF REPLICATION 1 SHARD DURATION 1d");
        await fixture.Server.WriteAsync(source, "m,h=a v=1 1\nm,h=a v=2 2");
        await fixture.Server.WriteAsync(source, "m,h=a v=10i 1\nother x=1 1", "a b");

        var (rows, _) = await CopyAsync(source, source + "-copy");

        await using var copy = fixture.Open(source + "-copy");
        Assert.Equal(rows, await StoreRows.ReadAsync(copy));
        Assert.Equal(4, rows.Count);
        Assert.Equal("v:Int64=10", rows.Single(row => row.Key.StartsWith("a b/m", StringComparison.Ordinal)).Value);
    }

    [SkippableFact]
    public async Task OldRowsSurviveAShortRetentionUntilTheRestoreIsDone()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var source = await fixture.NewDatabaseAsync();
        var old = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() - (40 * 86_400)) * 1_000_000_000;
        await fixture.Server.WriteAsync(source, string.Create(CultureInfo.InvariantCulture, $"m v=1 {old}\nm v=2 {old + 1}"));
        await fixture.Server.QueryAsync($"ALTER RETENTION POLICY autogen ON \"{source}\" DURATION 7d SHARD DURATION 1d");
        var warnings = new List<string>();
        await using var from = fixture.Open(source);
        await using var to = fixture.Open(source + "-copy", new ConnectorOptions { Warn = warnings.Add });
        var (catalog, events) = await TakeAsync(from);
        await using var writer = await to.OpenWriterAsync(new RestoreTarget(catalog, TimeRange.All), CancellationToken.None);

        var outcome = await writer.WriteAsync(new SliceGroup("all", []), Events(events), CancellationToken.None);
        var settings = await writer.CompleteAsync(CancellationToken.None);

        Assert.Equal((2L, 0L), (outcome.RowsWritten, outcome.RowsFailed));
        Assert.All(settings, setting => Assert.True(setting.Restored, setting.Remark));
        Assert.Contains("7d", Assert.Single(warnings));
        Assert.Contains("\"168h0m0s\",\"24h0m0s\",1,true", await fixture.Server.QueryAsync($"SHOW RETENTION POLICIES ON \"{source}-copy\""));
    }

    [SkippableFact]
    public async Task ManyRowsOfOneSeriesComeInSeveralBatches()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var source = await fixture.NewDatabaseAsync();
        var lines = new StringBuilder();
        const int rows = BatchLimits.MaxRows + 1234;
        for (var i = 0; i < rows; i++)
            lines.Append(CultureInfo.InvariantCulture, $"m,h=a v={i}i {i}\n");
        await fixture.Server.WriteAsync(source, lines.ToString());
        await using var connector = fixture.Open(source);
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var group = Assert.Single(await connector.PlanAsync(catalog, Scope.All, CancellationToken.None));
        var sizes = new List<int>();
        long next = 0;

        await foreach (var step in connector.ReadAsync(group, CancellationToken.None))
        {
            if (step is not SliceRows(_, var batch))
                continue;
            using (batch)
            {
                sizes.Add(batch.RowCount);
                Assert.Equal(1, batch.RunCount);
                foreach (var time in batch.Time!.Values)
                    Assert.Equal(next++, time);
            }
        }

        Assert.Equal(rows, next);
        Assert.Equal([BatchLimits.MaxRows, 1234], sizes);
    }

    [SkippableFact]
    public async Task ManySmallTablesShareRequests()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var source = await fixture.NewDatabaseAsync(" WITH DURATION INF SHARD DURATION 1d NAME \"days\"");
        var lines = new StringBuilder();
        for (var i = 0; i < 530; i++)
            lines.Append(CultureInfo.InvariantCulture, $"m{i},h=a v={i}i {i}\n");
        await fixture.Server.WriteAsync(source, lines.ToString());
        await using var connector = fixture.Open(source);
        var catalog = await connector.DescribeAsync(CancellationToken.None);

        var plan = await connector.PlanAsync(catalog, Scope.All, CancellationToken.None);

        Assert.Equal(530, plan.Sum(group => group.Slices.Count));
        Assert.Equal(34, plan.Count);
        Assert.Equal(530, (await StoreRows.ReadAsync(connector)).Count);
    }

    [SkippableFact]
    public async Task RowsOfTheFutureAreNotCutOffAndLaterOnesAre()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var source = await fixture.NewDatabaseAsync();
        var now = DateTimeOffset.UtcNow;
        var at = now.ToUnixTimeSeconds() * 1_000_000_000;
        await fixture.Server.WriteAsync(source, string.Create(CultureInfo.InvariantCulture, $"m v=1 {at}"));
        await using var connector = fixture.Open(source);
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var plan = await connector.PlanAsync(catalog, Scope.All, CancellationToken.None);
        Assert.InRange(Assert.Single(Assert.Single(plan).Slices).Window.Last, at, at + (600L * 1_000_000_000));

        await fixture.Server.WriteAsync(source, string.Create(CultureInfo.InvariantCulture, $"m v=2 {at + (1000L * 1_000_000_000)}"));

        var rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await foreach (var step in connector.ReadAsync(plan[0], CancellationToken.None))
            StoreRows.Take(step, rows);
        Assert.Single(rows);
        Assert.Equal(2, (await StoreRows.ReadAsync(connector)).Count);
    }

    [SkippableFact]
    public async Task ASliceOverSeveralShardGroupsIsReadWithItsTypes()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        var source = await fixture.NewDatabaseAsync(" WITH DURATION INF SHARD DURATION 1d NAME \"days\"");
        await fixture.Server.WriteAsync(source, string.Create(CultureInfo.InvariantCulture, $"m,h=a v=1.5,w=1i 0\nm,h=b v=2 1\nm,h=c v=2 1\nm v=7 9"));
        await fixture.Server.WriteAsync(source, string.Create(CultureInfo.InvariantCulture, $"m,h=a v=3i {Day}\nm,h=c v=4i,w=2i {Day + 1}\nm,z=1 v=4i {Day + 1}"));
        await fixture.Server.WriteAsync(source, string.Create(CultureInfo.InvariantCulture, $"m,h=a v=\"x\" {2 * Day}\nm,h=a v=\"y\" {(2 * Day) + 5}"));
        await using var connector = fixture.Open(source);
        var slice = new Slice(new TableId("days", "m"), new TimeRange(0, 3 * Day));
        var rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var series = new List<string>();

        await foreach (var step in connector.ReadAsync(new SliceGroup("x", [slice]), CancellationToken.None))
        {
            if (step is SliceRows(_, var batch))
                series.AddRange(SeriesOf(batch));
            StoreRows.Take(step, rows);
        }

        Assert.Equal(await StoreRows.ReadAsync(connector), rows);
        Assert.Equal(9, rows.Count);
        Assert.Equal(series.Count, series.Distinct().Count());
    }

    private static IEnumerable<string> SeriesOf(Batch batch) => Enumerable.Range(0, batch.RunCount).Select(run => string.Join(
        ',',
        batch.Columns.OfType<BytesColumn>().Where(c => c.Schema.Role == ColumnRole.Key && c.IsValid(run))
            .Select(c => c.Schema.Name + "=" + Encoding.UTF8.GetString(c[run])))).ToArray();

    private static string[] Points(string json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        var points = new List<string>();
        foreach (var series in document.RootElement.GetProperty("results")[0].GetProperty("series").EnumerateArray())
        {
            var name = series.GetProperty("name").GetRawText() + (series.TryGetProperty("tags", out var tags) ? tags.GetRawText() : "");
            foreach (var row in series.GetProperty("values").EnumerateArray())
                points.Add(name + series.GetProperty("columns").GetRawText() + row.GetRawText());
        }
        return [.. points.Order(StringComparer.Ordinal)];
    }

    private async Task<int> CountAsync(string database)
    {
        using var document = System.Text.Json.JsonDocument.Parse(await fixture.Server.QueryAsync("SELECT *::field FROM /.*/ GROUP BY *", database));
        return document.RootElement.GetProperty("results")[0].GetProperty("series").EnumerateArray()
            .Sum(series => series.GetProperty("values").GetArrayLength());
    }

    private async Task<(SortedDictionary<string, string> Rows, WriteOutcome Outcome)> CopyAsync(string source, string target)
    {
        await using var from = fixture.Open(source);
        await using var to = fixture.Open(target);
        var (catalog, events) = await TakeAsync(from);
        var rows = await StoreRows.ReadAsync(from);
        await using var writer = await to.OpenWriterAsync(new RestoreTarget(catalog, TimeRange.All), CancellationToken.None);
        var outcome = await writer.WriteAsync(new SliceGroup("all", []), Events(events), CancellationToken.None);
        await writer.CompleteAsync(CancellationToken.None);
        Assert.Equal(rows.Count, outcome.RowsWritten + outcome.RowsFailed);
        return (rows, outcome);
    }

    private static async Task<(Catalog Catalog, List<SliceEvent> Events)> TakeAsync(InfluxDbConnector connector)
    {
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var events = new List<SliceEvent>();
        foreach (var group in await connector.PlanAsync(catalog, Scope.All, CancellationToken.None))
        {
            await foreach (var step in connector.ReadAsync(group, CancellationToken.None))
                events.Add(step);
        }
        return (catalog, events);
    }

    private static async IAsyncEnumerable<SliceEvent> Events(IEnumerable<SliceEvent> events)
    {
        foreach (var step in events)
        {
            yield return step;
            await Task.Yield();
        }
    }
}
