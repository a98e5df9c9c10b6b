using System.Buffers;
using System.Globalization;
using System.Text;
using TsBackup.Codec;
using TsBackup.Connectors;
using TsBackup.Connectors.InfluxDb;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Model;
using TsBackup.TestServers;
using TsBackup.Tests.Connectors.Files;
using Xunit;

namespace TsBackup.Tests.Connectors;

/// <summary>Shapes of tables that would make batches far larger than their values: each batch has to fit a block.</summary>
public sealed class BatchLimitsTests
{
    private const int NarrowRows = 33_000;
    private const int WideFields = 800;

    [Fact]
    public async Task AWideRowBeforeManyNarrowOnesInFiles()
    {
        using var folder = new TestFolder();
        folder.Put("a.lp", WideAndNarrow());
        await using var store = folder.Open();

        Assert.Equal(NarrowRows + 1, await CountAsync(store));
    }

    [SkippableFact]
    public async Task AWideRowBeforeManyNarrowOnesInAServer()
    {
        Skip.If(InfluxDbServer.Unavailable is not null, InfluxDbServer.Unavailable);
        await using var server = await InfluxDbServer.StartAsync();
        await server.QueryAsync("CREATE DATABASE \"telemetry\"");
        await server.WriteAsync("telemetry", WideAndNarrow());
        foreach (var snapshot in new[] { "off", $"127.0.0.1:{server.BackupPort}" })
        {
            await using var store = new InfluxDbConnector(
                StoreAddress.Parse($"{server.StoreUri("telemetry")}?snapshot={snapshot}"), new ConnectorOptions());
            Assert.Equal(NarrowRows + 1, await CountAsync(store));
        }
    }

    [Fact]
    public async Task MoreColumnsThanABlockMayHave()
    {
        using var folder = new TestFolder();
        folder.Put("a.lp", string.Concat(Enumerable.Range(0, 30).Select(row =>
            $"m,h={row} {string.Join(',', Enumerable.Range(0, 1000).Select(i => $"f{(row * 1000) + i}=1i"))} {row}\n")));
        await using var store = folder.Open();

        Assert.Equal(30, await CountAsync(store));
        Assert.Equal(30, Count(Shard(30, 1000)));
    }

    [Fact]
    public void LongTextsOfSeveralFields()
    {
        using var output = new MemoryStream();
        using var arena = new BlockArena();
        var encoder = new TsmBlockEncoder(arena);
        var writer = new TsmFileWriter(output);
        encoder.SetTimes([.. Enumerable.Range(0, 1000).Select(i => (long)i)]);
        using var texts = new BytesColumn(new ColumnSchema("s", ColumnRole.Value, ColumnType.String));
        for (var i = 0; i < 1000; i++)
            texts.Append(new string('x', 60_000));
        foreach (var field in "abc")
        {
            writer.StartKey(Encoding.UTF8.GetBytes($"m,h=a#!~#{field}"), TsmType.String);
            writer.WriteBlock(encoder.Encode(texts, [.. Enumerable.Range(0, 1000)]));
        }
        writer.Finish();

        Assert.Equal(1000, Count(output.ToArray()));
    }

    private static string WideAndNarrow()
    {
        var lines = new StringBuilder("m,h=a ");
        lines.AppendJoin(',', Enumerable.Range(0, WideFields).Select(i => $"f{i}=1i")).Append(" 1\n");
        for (var i = 0; i < NarrowRows; i++)
            lines.Append(CultureInfo.InvariantCulture, $"m,h=b f0={i}i {i}\n");
        return lines.ToString();
    }

    private static byte[] Shard(int series, int fields)
    {
        using var output = new MemoryStream();
        using var arena = new BlockArena();
        var encoder = new TsmBlockEncoder(arena);
        var writer = new TsmFileWriter(output);
        encoder.SetTimes([1]);
        for (var row = 0; row < series; row++)
        {
            for (var i = 0; i < fields; i++)
            {
                writer.StartKey(Encoding.UTF8.GetBytes($"m,h={row:D5}#!~#f{(row * fields) + i:D6}"), TsmType.Integer);
                writer.WriteBlock(encoder.Encode(TsmType.Integer, [1UL]));
            }
        }
        writer.Finish();
        return output.ToArray();
    }

    private static long Count(byte[] file)
    {
        var shard = ShardFiles.From(["000000001-000000001.tsm"], [], name => TsmSource.FromMemory(name, file));
        var slice = new Slice(new TableId("rp", "m"), TimeRange.All);
        return ShardReader.Read(new SeriesMerge(shard.OpenStreams(null)), _ => slice, [slice], default).Sum(Encode);
    }

    private static async Task<long> CountAsync(IConnector store)
    {
        var rows = 0L;
        foreach (var group in await store.PlanAsync(await store.DescribeAsync(default), Scope.All, default))
        {
            await foreach (var step in store.ReadAsync(group, default))
                rows += Encode(step);
        }
        return rows;
    }

    private static long Encode(SliceEvent step)
    {
        if (step is not SliceRows(_, var batch))
            return 0;
        using (batch)
        {
            Assert.True(batch.ByteSize <= 80 << 20, $"{batch.ByteSize} bytes");
            var block = new ArrayBufferWriter<byte>();
            BlockCodec.Encode(batch, block, new CodecOptions());
            return BlockCodec.DecodeHeader(block.WrittenSpan).Rows;
        }
    }
}
