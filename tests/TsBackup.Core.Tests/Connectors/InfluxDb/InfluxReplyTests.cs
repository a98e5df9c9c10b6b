using TsBackup.Connectors.Http;
using TsBackup.Connectors.InfluxDb;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tests.Contracts;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb;

/// <summary>Replies made by hand: those no server gives on demand, and those that come in pieces.</summary>
public sealed class InfluxReplyTests
{
    private static readonly Slice Slice = new(new TableId("rp", "m"), new TimeRange(0, 1_000_000));

    [Fact]
    public async Task TokensComeThroughHoweverTheReplyIsCutIntoPieces()
    {
        for (var seed = 1; seed <= 30; seed++)
        {
            var random = new Random(seed);
            var expected = new List<string>();
            var bytes = new MsgPackBytes();
            for (var i = 0; i < 300; i++)
                expected.Add(AppendRandom(bytes, random));
            var data = bytes.ToArray();
            var reader = new MsgPackReader(Stream(data, random.Next(1, 40)), "x");
            var read = new List<string>();
            while (!await reader.IsAtEndAsync(CancellationToken.None))
                read.Add(Describe(await reader.ReadAsync(CancellationToken.None), reader));
            Assert.True(expected.SequenceEqual(read), $"seed {seed}");
        }
    }

    [Fact]
    public async Task WhateverByteIsFlippedNothingButAnErrorOrRowsComesOut()
    {
        var data = Rows(5).Text("partial").Flag(false).ToArray();
        for (var at = 0; at < data.Length; at++)
        {
            foreach (var mask in new byte[] { 0xff, 0x01, 0x80 })
            {
                var damaged = data.ToArray();
                damaged[at] ^= mask;
                await CollectAsync(damaged, unsigned: false);
            }
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xdd, 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0xdf, 0x7f, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0xdb, 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0xc9, 0x7f, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0xc1 })]
    public async Task HostileLengthsCostNothing(byte[] token)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.NotNull((await CollectAsync(token, unsigned: false)).Error);
        Assert.NotNull((await CollectAsync([.. Rows(0).ToArray()[..^1], .. token], unsigned: false)).Error);

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 64 << 20);
    }

    [Fact]
    public async Task AReplyCutAtAnyByteIsNoCompleteOne()
    {
        var data = Rows(20).Text("partial").Flag(false).ToArray();
        Assert.True((await CollectAsync(data, unsigned: false)).Ended);
        for (var length = 0; length < data.Length; length++)
        {
            var (_, ended, error) = await CollectAsync(data[..length], unsigned: false);
            Assert.False(ended, $"cut at {length}");
            Assert.Equal(ErrorId.StoreReplyTruncated, error);
        }
    }

    [Fact]
    public async Task PartialAtTheEndIsAGap()
    {
        var series = Rows(3).Text("partial").Flag(true).ToArray();
        Assert.Equal(ErrorId.StoreReplyPartial, (await CollectAsync(series, unsigned: false)).Error);

        var result = new MsgPackBytes().Map(1).Text("results").Array(1).Map(2).Text("statement_id").Integer(0).Text("partial").Flag(true).ToArray();
        Assert.Equal(ErrorId.StoreReplyPartial, (await CollectAsync(result, unsigned: false)).Error);
    }

    [Fact]
    public async Task AnErrorAfterRowsIsAFailure()
    {
        var data = Rows(3, resultPairs: 3).Text("partial").Flag(false).Text("partial").Flag(true)
            .Map(1).Text("results").Array(1).Map(1).Text("error").Text("query-timeout limit exceeded").ToArray();

        var (rows, ended, error) = await CollectAsync(data, unsigned: false);

        Assert.Equal((false, ErrorId.StoreTimeout), (ended, error));
        Assert.Empty(rows);
    }

    [Theory]
    [InlineData(1_772_323_200_000, "a time in milliseconds")]
    [InlineData(-1, "a time before the window")]
    public async Task ARowOutsideTheWindowIsNotTaken(long time, string what)
    {
        var data = new MsgPackBytes().Series(1, "time", "v").Array(2).Integer(time).Float(1).Text("partial").Flag(false).ToArray();

        Assert.True((await CollectAsync(data, unsigned: false)).Error == ErrorId.StoreReplyInvalid, what);
    }

    [Fact]
    public async Task TimesThatAreNoNumbersOrDoNotAscendAreNotTaken()
    {
        var text = new MsgPackBytes().Series(1, "time", "v").Array(2).Text("1970-01-01T00:00:00Z").Float(1).Text("partial").Flag(false).ToArray();
        var twice = new MsgPackBytes().Series(2, "time", "v").Array(2).Integer(5).Float(1).Array(2).Integer(5).Float(2).Text("partial").Flag(false).ToArray();
        var extension = new MsgPackBytes().Series(1, "time", "v").Array(2).Raw([0xc7, 12, 5, .. new byte[12]]).Float(1).Text("partial").Flag(false).ToArray();

        foreach (var data in new[] { text, twice, extension })
            Assert.Equal(ErrorId.StoreReplyInvalid, (await CollectAsync(data, unsigned: false)).Error);
    }

    [Fact]
    public async Task UnsignedIntegersStayUnsigned()
    {
        var data = new MsgPackBytes().Series(3, "time", "v")
            .Array(2).Integer(1).Unsigned(7).Array(2).Integer(2).Unsigned(ulong.MaxValue).Array(2).Integer(3).Nil()
            .Text("partial").Flag(false).ToArray();

        var (rows, ended, _) = await CollectAsync(data, unsigned: true);

        Assert.True(ended);
        Assert.Equal(["v:UInt64=7", "v:UInt64=18446744073709551615", ""], rows.Values);
    }

    [Fact]
    public async Task ANameThatIsNotUtf8IsAnErrorAndAValueIsKept()
    {
        byte[] odd = [0xff, 0xfe, (byte)'x'];
        var value = new MsgPackBytes().Series(1, "time", "v").Array(2).Integer(1).Bytes(odd).Text("partial").Flag(false).ToArray();
        Assert.Equal("v:String=FFFE78", Assert.Single((await CollectAsync(value, unsigned: false)).Rows).Value);

        var name = new MsgPackBytes().Map(1).Text("results").Array(1).Map(1).Text("series").Array(1).Map(1).Text("columns").Array(1).Bytes(odd).ToArray();
        Assert.Equal(ErrorId.StoreReplyInvalid, (await CollectAsync(name, unsigned: false)).Error);
    }

    private static MsgPackBytes Rows(int rows, int resultPairs = 2)
    {
        var bytes = new MsgPackBytes().Series(resultPairs, rows, ["time", "v", "s"]);
        for (var i = 0; i < rows; i++)
            bytes.Array(3).Integer(i * 300).Float(i + 0.5).Text($"text {i}");
        return bytes;
    }

    private static string AppendRandom(MsgPackBytes bytes, Random random)
    {
        var number = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
        switch (random.Next(6))
        {
            case 0:
                bytes.Integer(number);
                return $"Int64 {number}";
            case 1:
                bytes.Unsigned(ulong.MaxValue - (ulong)(number & 0xffff));
                return $"UInt64 {-1 - (number & 0xffff)}";
            case 2:
                bytes.Float(BitConverter.Int64BitsToDouble(number));
                return $"Float64 {number}";
            case 3:
                bytes.Flag(number > 0);
                return $"Boolean {(number > 0 ? 1 : 0)}";
            case 4:
                var text = new string('ü', random.Next(200));
                bytes.Text(text);
                return $"Bytes {text}";
            default:
                bytes.Nil();
                return "Nil";
        }
    }

    private static string Describe(MsgPackValue value, MsgPackReader reader) => value.Kind switch
    {
        MsgPackKind.Bytes => $"Bytes {reader.Text(value)}",
        MsgPackKind.Nil => "Nil",
        _ => $"{value.Kind} {value.Bits}",
    };

    private static ReplyStream Stream(byte[] data, int piece) =>
        new(new PieceStream(data, piece), "x", TimeSpan.FromMinutes(1), TimeProvider.System);

    private static async Task<(SortedDictionary<string, string> Rows, bool Ended, ErrorId? Error)> CollectAsync(byte[] data, bool unsigned)
    {
        using var body = Stream(data, 50);
        var reply = new InfluxReply(body, "x", 1);
        using var builder = new InfluxBatchBuilder(Slice, unsigned ? new HashSet<string> { "v" } : [], "x");
        var rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var ended = false;
        try
        {
            await foreach (var step in reply.ReadAsync(CancellationToken.None))
            {
                if (step == InfluxReplyEvent.Series)
                    builder.Begin(reply);
                else if (step == InfluxReplyEvent.Rows)
                    builder.Append(reply);
                else if (step == InfluxReplyEvent.StatementError)
                    throw InfluxErrors.FromQuery("x", reply.Error);
                else
                    ended = true;
            }
            using var batch = builder.Take();
            if (batch is not null)
                StoreRows.Add(Slice.Table, batch, rows);
            return (rows, ended, null);
        }
        catch (TsBackupException e)
        {
            return (rows, false, e.Id);
        }
    }

    private sealed class PieceStream(byte[] data, int piece) : MemoryStream(data)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, piece)], cancellationToken);
    }
}
