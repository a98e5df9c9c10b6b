using System.Globalization;
using System.Text;
using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb.Snapshot;
using TsBackup.Errors;
using TsBackup.TestServers;
using TsBackup.Tests.Connectors.InfluxDb.Tsm;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb.Snapshot;

/// <summary>Uploads that do not arrive.</summary>
public sealed class SnapshotUploadFaultTests
{
    private const long Day = NativeRestores.Day;

    [SkippableTheory]
    [InlineData("inmem")]
    [InlineData("tsi1")]
    public async Task ARestoreCutBetweenShardsNamesTheShardAndARepeatWorks(string index)
    {
        await using var server = await NativeRestores.StartAsync(index);
        await FillAsync(server);
        await using var source = NativeRestores.OpenHttp(server, "source");
        await using var proxy = new SnapshotPortProxy(server.BackupPort);
        proxy.CutUploads(times: int.MaxValue, passes: 1);
        await using var cut = NativeRestores.Open(server, "native", port: proxy.Port, with: new ConnectorOptions { Attempts = 2 });

        var error = await Assert.ThrowsAsync<TsBackupException>(() => NativeRestores.CopyAsync(source, cut));

        Assert.Equal(ErrorId.StoreConnectionLost, error.Id);
        Assert.True(error.IsTransient);
        var done = Assert.Single(NativeRestores.UploadedFiles(server, "native"));
        Assert.Matches("shard [0-9]+ ", error.Message);
        Assert.DoesNotContain($"shard {Path.GetFileName(Path.GetDirectoryName(done))} ", error.Message, StringComparison.Ordinal);
        Assert.True(proxy.UploadsCut >= 2, "The upload should have been tried again.");

        // What was begun is finished by line protocol, or anew as files once the database is dropped.
        var expected = await SliceSummaries.OfAsync(source);
        await using var native = NativeRestores.Open(server, "native");
        await NativeRestores.CopyAsync(source, native);
        Assert.Equal(expected, await SliceSummaries.OfAsync(native));
        await server.QueryAsync("DROP DATABASE native");
        await using var anew = NativeRestores.Open(server, "native");
        await NativeRestores.CopyAsync(source, anew);
        Assert.Equal(expected, await SliceSummaries.OfAsync(anew));
        Assert.Equal(4, NativeRestores.UploadedFiles(server, "native").Length);
    }

    [SkippableFact]
    public async Task AnUploadThatIsCutOnceIsSentAgain()
    {
        await using var server = await NativeRestores.StartAsync();
        await FillAsync(server);
        await using var source = NativeRestores.OpenHttp(server, "source");
        await using var proxy = new SnapshotPortProxy(server.BackupPort);
        proxy.CutUploads(times: 1);
        await using var native = NativeRestores.Open(server, "native", port: proxy.Port);

        var outcome = await NativeRestores.CopyAsync(source, native);

        Assert.Equal(1, proxy.UploadsCut);
        Assert.Equal(0, outcome.RowsFailed);
        Assert.Equal(await SliceSummaries.OfAsync(source), await SliceSummaries.OfAsync(native));
    }

    [SkippableFact]
    public async Task AnUploadToAShardThatIsNotThereEnds()
    {
        await using var server = await NativeRestores.StartAsync();
        var port = new SnapshotPort("127.0.0.1", server.BackupPort, new ConnectorOptions());
        var file = new UploadFile(100, static (output, _) => output.Write(new byte[100]), null);

        var error = await Record.ExceptionAsync(() => port.UploadAsync(4711, [("a/b/4711/000000001-000000001.tsm", file)], default));

        Assert.True(error is null or TsBackupException { Id: ErrorId.StoreConnectionLost }, error?.ToString());
    }

    private static Task FillAsync(InfluxDbServer server)
    {
        var text = new StringBuilder();
        for (var i = 0; i < 4000; i++)
            text.Append(CultureInfo.InvariantCulture, $"m,h={i % 3} f={i / 7.0},i={i}i {i * (Day / 1000)}\n");
        return server.WriteAsync("source", text.ToString());
    }
}
