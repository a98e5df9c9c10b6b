using System.Globalization;
using System.Text;
using TsBackup.Connectors;
using TsBackup.Model;
using TsBackup.TestServers;
using TsBackup.Tests.Connectors.InfluxDb.Tsm;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb.Snapshot;

/// <summary>Files written through the snapshot port of a real server, read back over HTTP, with both kinds of index.</summary>
public sealed class SnapshotStoreWriterTests
{
    private const long Day = NativeRestores.Day;

    [SkippableTheory]
    [InlineData("inmem")]
    [InlineData("tsi1")]
    public async Task EverythingComesBackEqualWithOrWithoutFiles(string index)
    {
        await using var server = await NativeRestores.StartAsync(index);
        await FillAsync(server);
        await using var source = NativeRestores.OpenHttp(server, "source");
        await using var native = NativeRestores.Open(server, "native");
        await using var lines = NativeRestores.Open(server, "lines", "&restore=lines");

        var outcome = await NativeRestores.CopyAsync(source, native);
        var byLines = await NativeRestores.CopyAsync(source, lines);

        var expected = await SliceSummaries.OfAsync(source);
        Assert.Equal(0, outcome.RowsFailed);
        Assert.Equal(expected.Values.Sum(slice => slice.Rows), outcome.RowsWritten);
        Assert.Equal(outcome.RowsWritten, byLines.RowsWritten);
        await using var copy = NativeRestores.OpenHttp(server, "native");
        await NativeRestores.AssertEqualAsync(source, copy);
        await NativeRestores.AssertEqualAsync(source, native);
        Assert.NotEmpty(NativeRestores.UploadedFiles(server, "native"));
        Assert.Empty(NativeRestores.UploadedFiles(server, "lines"));

        // What is there already is written by line protocol. The server may join files meanwhile, which keeps the last number.
        var last = NativeRestores.UploadedFiles(server, "native").Max(NativeRestores.NumberOf);
        var again = await NativeRestores.CopyAsync(source, native);
        Assert.Equal((outcome.RowsWritten, 0L), (again.RowsWritten, again.RowsFailed));
        Assert.DoesNotContain(NativeRestores.UploadedFiles(server, "native"), file => NativeRestores.NumberOf(file) > last);
        await server.RestartAsync();
        await NativeRestores.AssertEqualAsync(source, copy);
    }

    [SkippableTheory]
    [InlineData("inmem")]
    [InlineData("tsi1")]
    public async Task ManySeriesInSeveralFilesAndUploadsOfAShardComeBackEqual(string index)
    {
        await using var server = await NativeRestores.StartAsync(index);
        var text = new StringBuilder();
        for (var i = 0; i < 6000; i++)
            text.Append(CultureInfo.InvariantCulture, $"many{i % 5},n={i},k=v{i % 7} f{i % 3}={i}i,g=\"{i}\" {i % 2 * Day}\n");
        await server.WriteAsync("source", text.ToString());
        await using var source = NativeRestores.Open(server, "source");
        var catalog = await source.DescribeAsync(default);

        await using (var writer = await NativeRestores.WriterAsync(server, "native", catalog, memory: 1, spooled: 1 << 17))
        {
            var outcome = await NativeRestores.CopyAsync(source, catalog, writer, 2);
            Assert.Equal((6000L, 0L), (outcome.RowsWritten, outcome.RowsFailed));
        }

        await using var copy = NativeRestores.Open(server, "native");
        await NativeRestores.AssertEqualAsync(source, copy);

        // The server joins files, but the numbers tell how many there were.
        var last = NativeRestores.UploadedFiles(server, "native").Max(NativeRestores.NumberOf);
        Assert.True(last >= 40_000, $"The last number is {last}.");
        await server.RestartAsync();
        await NativeRestores.AssertEqualAsync(source, copy);
    }

    [SkippableTheory]
    [InlineData("inmem")]
    [InlineData("tsi1")]
    public async Task WritesOfOthersDuringTheRestoreAreNotLost(string index)
    {
        await using var server = await NativeRestores.StartAsync(index);
        await FillAsync(server);
        await using var source = NativeRestores.Open(server, "source");
        var catalog = await source.DescribeAsync(default);
        await server.QueryAsync("CREATE DATABASE native WITH DURATION INF SHARD DURATION 1d NAME \"days\"");
        await using var native = NativeRestores.Open(server, "native");
        using var stop = new CancellationTokenSource();

        await using (var writer = await native.OpenWriterAsync(new RestoreTarget(catalog, TimeRange.All, IsScratch: true), default))
        {
            var writing = WriteAsync(server, stop.Token);
            try
            {
                var outcome = await NativeRestores.CopyAsync(source, catalog, writer, 2);
                Assert.Equal(0, outcome.RowsFailed);
            }
            finally
            {
                await stop.CancelAsync();
            }
            var acknowledged = await writing;
            Assert.True(acknowledged > 0, "The other writer should have come through.");
            Assert.NotEmpty(NativeRestores.UploadedFiles(server, "native"));
            Assert.Contains($",{acknowledged}]", await server.QueryAsync("SELECT count(v) FROM others", "native"), StringComparison.Ordinal);
        }
        var copied = await SliceSummaries.OfAsync(native);
        Assert.All(await SliceSummaries.OfAsync(source), slice => Assert.Equal(slice.Value, copied[slice.Key]));
    }

    [SkippableFact]
    public async Task RowsThatTheServerCannotTakeAreCounted()
    {
        await using var server = await NativeRestores.StartAsync();
        await using var native = NativeRestores.Open(server, "native");
        var table = new TableId("autogen", "u");
        var batch = new Batch();
        var time = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp));
        var value = (FixedColumn<ulong>)batch.AddColumn(new ColumnSchema("v", ColumnRole.Value, ColumnType.UInt64));
        time.Append([1, 2]);
        value.Append([1UL, ulong.MaxValue]);
        batch.EndRun(2);
        var slice = new Slice(table, new TimeRange(0, 10));
        var catalog = new Catalog("InfluxDB", "x", "x", [new TableSchema(table, [], 2)], [], []);
        SliceEvent[] events = [new SliceRows(slice, batch.Seal()), new SliceEnd(slice)];

        await using var writer = await native.OpenWriterAsync(new RestoreTarget(catalog, TimeRange.All), default);
        var outcome = await writer.WriteAsync(new SliceGroup("g", [slice]), events.ToAsyncEnumerable(), default);

        // Debian builds the server without unsigned fields.
        Assert.Equal((0L, 2L), (outcome.RowsWritten, outcome.RowsFailed));
        Assert.Equal(2, outcome.Failures.Sum(failure => failure.Rows));
    }

    /// <summary>Rows of another measurement, with new fields now and then, into the shards that are being restored; counts those acknowledged.</summary>
    private static Task<int> WriteAsync(InfluxDbServer server, CancellationToken stop) => Task.Run(
        async () =>
        {
            var acknowledged = 0;
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                try
                {
                    await server.WriteAsync("native", FormattableString.Invariant($"others,n={i} v={i}i,f{i % 50}=1 {((i % 5) - 2) * Day + i}\n"));
                    acknowledged++;
                }
                catch (InvalidOperationException)
                {
                    // The shard takes no writes while it takes files: a client has to try again.
                    await Task.Delay(1, CancellationToken.None);
                }
            }
            return acknowledged;
        },
        CancellationToken.None);

    private static async Task FillAsync(InfluxDbServer server)
    {
        await server.QueryAsync("CREATE RETENTION POLICY \"a b\" ON source DURATION INF REPLICATION 1 SHARD DURATION 7d");
        var text = new StringBuilder();
        for (var i = -3000; i < 3000; i++)
            text.Append(CultureInfo.InvariantCulture, $"m\\ x,h=h\\ {i % 3},z=1 f={i / 7.0},i={i}i,b={(i % 2 == 0 ? 't' : 'f')},s=\"t{i % 9}\" {i * (Day / 900)}\n");
        text.Append("mixed v=1 1\nmixed v=2 5\nplain,a=1 only=1i 7\nodd\\\\x,k\\ y=1 v=1 8\nodd v\\ w=\"\" 8\n");
        text.Append("texts,t=ü\\,\\ \\=,u=日本 s=\"line\nbreak\",b=t 9\ntexts s=\"\\\"quoted\\\" \\\\ back, slash = \",b=f 10\ntexts,t=é s=\"\u0001\" 11\n");
        text.Append(CultureInfo.InvariantCulture, $"texts s=\"{new string('x', 40_000)}\" 12\ntexts b=true 13\n");
        text.Append(CultureInfo.InvariantCulture, $"mixed v=3i {Day}\nmixed v=\"x\" {2 * Day}\n");
        text.Append("edges i=9223372036854775807i -9223372036854775806\nedges i=-9223372036854775808i 1772323200000000007\nedges f=1.7976931348623157e308 3\n");
        for (var i = 0; i < 2500; i++)
            text.Append(CultureInfo.InvariantCulture, $"sparse,a=b n{i % 4}={i} {1_772_323_200_000_000_000 + i}\n");
        await server.WriteAsync("source", text.ToString());
        await server.WriteAsync("source", "other f=-0.0 -1\nother f=5e-324 1772323200000000001", "a b");
    }
}
