using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.FlatBuffers;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.Tablestore.Protocol.Wire;
using Xunit;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>Changed and cut bytes end in the protocol's own error or in a message, never in anything else.</summary>
public sealed class HostileBytesTests
{
    [Fact]
    public void EveryFlippedBitOfARowIsNoticed()
    {
        var request = (RowChangeRequest)WireVector.Get("js/put_row_all_types").ParseRequest();
        var row = request.Row!.Value.ToArray();
        for (var i = 0; i < row.Length * 8; i++)
        {
            var changed = (byte[])row.Clone();
            changed[i / 8] ^= (byte)(1 << (i % 8));
            Assert.True(Fails(() => PlainBufferReader.ReadSingle(changed)), $"bit {i}");
        }
    }

    [Fact]
    public void EveryCutRowIsNoticed()
    {
        var request = (RowChangeRequest)WireVector.Get("js/put_row_all_types").ParseRequest();
        var row = request.Row!.Value;
        for (var length = 1; length < row.Length; length++)
            Assert.True(length == 4 || Fails(() => PlainBufferReader.ReadSingle(row[..length])), $"cut to {length}");
    }

    [Fact]
    public void DamagedMessagesNeverThrowAnythingElse()
    {
        var random = new Random(5);
        foreach (var vector in WireVector.All().Where(v => !v.HasDummyReply))
        {
            var body = vector.RequestBody;
            for (var i = 0; i < 40 && body.Length > 0; i++)
            {
                var changed = (byte[])body.Clone();
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
                Fails(() => Message.Parse<BatchWriteRowRequest>(changed));
                Fails(() => Message.Parse<GetRangeResponse>(changed));
                Fails(() => Message.Parse<DescribeTableResponse>(changed.AsMemory(0, random.Next(changed.Length))));
            }
        }
    }

    [Fact]
    public void DamagedFlatBuffersNeverThrowAnythingElse()
    {
        var data = ((PutTimeseriesDataRequest)WireVector.Get("python/ts_put_data").ParseRequest()).Rows!.Data!.Value.ToArray();
        for (var i = 0; i < data.Length; i++)
        {
            foreach (var value in new byte[] { 0, 1, 0x7F, 0x80, 0xFF })
            {
                var changed = (byte[])data.Clone();
                changed[i] = value;
                Fails(() => TimeseriesRowsReader.Read(changed));
            }
            Fails(() => TimeseriesRowsReader.Read(data.AsMemory(0, i)));
        }
    }

    private static bool Fails(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (TablestoreProtocolException)
        {
            return true;
        }
    }
}
