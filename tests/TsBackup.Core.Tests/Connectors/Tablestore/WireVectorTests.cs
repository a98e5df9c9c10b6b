using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.FlatBuffers;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.Tablestore.Protocol.Signing;
using TsBackup.Tablestore.Protocol.Wire;
using Xunit;

namespace TsBackup.Tests.Connectors.Tablestore;

public sealed class WireVectorTests
{
    private static readonly Credentials Key = new("testAccessKeyId", "testAccessKeySecret");
    private static readonly DateTimeOffset Now = new(2024, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    public static TheoryData<string> Names => [.. WireVector.All().Select(v => v.Name)];

    public static TheoryData<string> NamesWithHeaders => [.. WireVector.All().Where(v => v.RequestHeaders.Count > 0).Select(v => v.Name)];

    [Fact]
    public void ThereAreSixtyEightVectors() => Assert.Equal(68, Names.Count);

    [Theory]
    [MemberData(nameof(Names))]
    public void RequestIsUnderstoodAndWrittenAgainByteByByte(string name)
    {
        var vector = WireVector.Get(name);
        var message = vector.ParseRequest();
        Assert.Empty(message.UnknownFields);
        Assert.Equal(vector.RequestBody, message.Serialize().ToArray());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ReplyIsUnderstoodAndWrittenAgainByteByByte(string name)
    {
        var vector = WireVector.Get(name);
        if (vector.HasDummyReply || vector.Name == "js/error_500_non_protobuf")
            return;
        var message = vector.ParseReply();
        if (message is not SqlQueryResponse)
            Assert.Empty(message.UnknownFields);
        Assert.Equal(vector.ReplyBody, message.Serialize().ToArray());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void RowsAreReadAndWrittenAgainByteByByte(string name)
    {
        var vector = WireVector.Get(name);
        foreach (var blob in Blobs(vector.ParseRequest()))
            AssertRoundTrip(blob, mayHaveTail: vector.Name.StartsWith("js/", StringComparison.Ordinal));
        if (vector.HasDummyReply || vector.Name == "js/error_500_non_protobuf")
            return;
        foreach (var blob in Blobs(vector.ParseReply()))
            AssertRoundTrip(blob, mayHaveTail: false);
    }

    [Theory]
    [MemberData(nameof(NamesWithHeaders))]
    public void RequestIsSignedAsTheOfficialClientSignsIt(string name)
    {
        var vector = WireVector.Get(name);
        var headers = vector.RequestHeaders;
        Assert.Equal((string)vector.Request["stringToSign"]!, RequestSigner.StringToSign(vector.Operation, headers));
        var date = DateTimeOffset.Parse(headers[HeaderNames.Date], System.Globalization.CultureInfo.InvariantCulture);
        var ours = RequestSigner.MakeHeaders(vector.Operation, "testinst", vector.RequestBody, Key, date);
        foreach (var (header, value) in ours)
            Assert.Equal(headers[header], value);
        Assert.Equal(headers.Keys.Where(h => h.StartsWith("x-ots-", StringComparison.Ordinal)), ours.Keys);
    }

    [Theory]
    [MemberData(nameof(NamesWithHeaders))]
    public void ReplyIsVerifiedAsTheOfficialClientVerifiesIt(string name)
    {
        var vector = WireVector.Get(name);
        if (vector.Name == "js/error_500_non_protobuf")
        {
            Assert.ThrowsAny<TablestoreProtocolException>(() => Message.Parse<ErrorMessage>(vector.ReplyBody));
            return;
        }
        var code = vector.IsError ? Message.Parse<ErrorMessage>(vector.ReplyBody).Code : null;
        void Verify() => ResponseVerifier.Verify(vector.Operation, !vector.IsError, code, vector.ReplyHeaders, vector.ReplyBody, Key, Now);
        if (vector.Name == "python/list_table_bad_response_signature")
            Assert.Equal(ProtocolFault.Signature, Assert.Throws<TablestoreProtocolException>(Verify).Fault);
        else
            Verify();
    }

    [Fact]
    public void TimeseriesRowsAreBuiltByteByByteAsThePythonClientBuildsThem()
    {
        foreach (var name in new[] { "python/ts_put_data", "python/ts_put_data_partial_failure" })
        {
            var request = (PutTimeseriesDataRequest)WireVector.Get(name).ParseRequest();
            var data = request.Rows!.Data!.Value;
            var writer = new TimeseriesRowsWriter();
            foreach (var row in TimeseriesRowsReader.Read(data))
                writer.Add(row);
            Assert.Equal(Convert.ToHexString(data.Span), Convert.ToHexString(writer.Finish(out var checksum)));
            Assert.Equal(request.Rows.Crc32C, checksum);
        }
    }

    [Fact]
    public void TimeseriesRowsHoldWhatThePythonClientWasGiven()
    {
        var request = (PutTimeseriesDataRequest)WireVector.Get("python/ts_put_data").ParseRequest();
        var rows = TimeseriesRowsReader.Read(request.Rows!.Data!.Value);
        Assert.Equal(["cpu", "mem"], rows.Select(r => r.Measurement));
        Assert.Equal(["host_0", ""], rows.Select(r => r.Source));
        Assert.Equal([1700000000000001, 1700000000000002], rows.Select(r => r.Time));
        Assert.Equal(["os=Ubuntu16.04", "region=hz"], rows[0].Tags.Select(t => $"{t.Key}={t.Value}"));
        Assert.Equal(
            [
                new("b", PlainValue.Of(true)), new("d", PlainValue.Of(0.25)), new("l", PlainValue.Of(1L)), new("s", PlainValue.Of("str世")),
            ],
            rows[0].Fields);
        Assert.Equal([new("bin", PlainValue.Of(new byte[] { 0, 255 }))], rows[1].Fields);
    }

    private static void AssertRoundTrip(ReadOnlyMemory<byte> blob, bool mayHaveTail)
    {
        var reader = new PlainBufferReader(blob);
        var writer = new PlainBufferWriter();
        var row = new PlainRow();
        while (reader.Read(row))
        {
            writer.BeginRow();
            foreach (var key in row.Keys)
                writer.Key(row.NameTextOf(key), row.ValueOf(key));
            foreach (var cell in row.Cells)
                writer.Cell(row.NameTextOf(cell), row.ValueOf(cell), cell.Version, cell.Operation);
            writer.EndRow(row.IsDelete);
        }
        var written = writer.ToArray();
        Assert.Equal(Convert.ToHexString(blob.Span[..written.Length]), Convert.ToHexString(written));
        if (mayHaveTail)
            Assert.False(blob.Span[written.Length..].ContainsAnyExcept((byte)0));
        else
            Assert.Equal(blob.Length, written.Length);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Blobs(Message message) => message switch
    {
        RowChangeRequest m => [m.Row!.Value],
        RowChangeResponse { Row: { } row } => [row],
        GetRowRequest m => [m.PrimaryKey!.Value],
        GetRowResponse m => [m.Row!.Value],
        GetRangeRequest m => [m.InclusiveStart!.Value, m.ExclusiveEnd!.Value],
        GetRangeResponse m => m.NextStart is { } next ? [m.Rows!.Value, next] : [m.Rows!.Value],
        BatchGetRowRequest m => m.Tables.SelectMany(t => t.PrimaryKeys),
        BatchWriteRowRequest m => m.Tables.SelectMany(t => t.Rows).Select(r => r.Row!.Value),
        BatchResponse m => m.Tables.SelectMany(t => t.Rows).Where(r => r.Row.HasValue).Select(r => r.Row!.Value),
        BulkImportRequest m => m.Rows.Select(r => r.Row!.Value),
        BulkExportRequest m => [m.InclusiveStart!.Value, m.ExclusiveEnd!.Value],
        BulkExportResponse m => m.NextStart is { } next ? [m.Rows!.Value, next] : [m.Rows!.Value],
        ComputeSplitPointsResponse m => m.SplitPoints,
        DescribeTableResponse m => m.ShardSplits,
        StartTransactionRequest m => [m.Key!.Value],
        GetTimeseriesDataResponse m => [m.Rows!.Value],
        ScanTimeseriesDataResponse m => [m.Data!.Value],
        _ => [],
    };
}
