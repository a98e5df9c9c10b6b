using Newtonsoft.Json.Linq;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.Tablestore.Protocol.Wire;
using Xunit;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>
/// Both directions of every capture: the request built from what the client was given, byte by byte, and the reply read as the client
/// read it. The only tolerance is the tail of zeros that the JavaScript client sends after some rows.
/// </summary>
public sealed class WireScoreTests
{
    public static TheoryData<string> Names => [.. WireVector.All().Select(v => v.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void RequestIsBuiltFromItsParameters(string name)
    {
        var vector = WireVector.Get(name);
        Assert.Equal(Convert.ToHexString(WithoutTails(vector)), Convert.ToHexString(Build(vector).Serialize().Span));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ReplyIsReadAsTheClientReadIt(string name) => Assert.Equal("", Difference(WireVector.Get(name)));

    [Fact]
    public void SixtyEightOfSixtyEightVectorsPassInBothDirections()
    {
        var vectors = WireVector.All().ToArray();
        var requests = vectors.Where(v => Build(v).Serialize().Span.SequenceEqual(WithoutTails(v))).Select(v => v.Name).ToArray();
        var replies = vectors.Where(v => Difference(v).Length == 0).Select(v => v.Name).ToArray();
        Assert.Equal("68 of 68", $"{requests.Intersect(replies).Count()} of {vectors.Length}");
    }

    private static Message Build(WireVector vector)
    {
        if (OtherRequests.Build(vector.Name) is { } request)
            return request;
        // The Python captures were made with the parameters of the JavaScript captures of the same name.
        var name = vector.Name.Replace("python/", "js/", StringComparison.Ordinal)
            .Replace("_bad_response_signature", "", StringComparison.Ordinal);
        var call = WireVector.Get(name);
        var parameters = call.Parameters;
        if (vector.Name == "python/create_table_full")
        {
            // That call was made without these, and with one index.
            ((JObject)parameters["tableOptions"]!).Remove("allowUpdate");
            parameters.Remove("streamSpecification");
            ((JArray)parameters["indexMetas"]!).RemoveAt(1);
        }
        return JavaScriptRequests.Build(call.Call, parameters);
    }

    private static byte[] WithoutTails(WireVector vector)
    {
        var request = vector.ParseRequest();
        switch (request)
        {
            case RowChangeRequest m:
                m.Row = WithoutTail(m.Row!.Value);
                break;
            case GetRangeRequest m:
                m.InclusiveStart = WithoutTail(m.InclusiveStart!.Value);
                m.ExclusiveEnd = WithoutTail(m.ExclusiveEnd!.Value);
                break;
            default:
                return vector.RequestBody;
        }
        var bytes = request.Serialize().ToArray();
        if (!vector.Name.StartsWith("js/", StringComparison.Ordinal))
            Assert.Equal(vector.RequestBody, bytes);
        return bytes;
    }

    private static ReadOnlyMemory<byte> WithoutTail(ReadOnlyMemory<byte> row)
    {
        var reader = new PlainBufferReader(row);
        reader.Read(new PlainRow());
        return row[..reader.Position];
    }

    /// <summary>What differs between our reading of the reply and the client's; empty when nothing does.</summary>
    private static string Difference(WireVector vector)
    {
        if (vector.Name == "js/error_500_non_protobuf")
        {
            // A page of a server in front: the client shows it as it is, for us it is no reply of the service.
            return Throws(() => Message.Parse<ErrorMessage>(vector.ReplyBody)) ? "" : "It was taken for an error of the service.";
        }
        if (vector.HasDummyReply)
            return "";
        var reply = vector.ParseReply();
        if (!reply.Serialize().Span.SequenceEqual(vector.ReplyBody))
            return "The reply is written in other bytes.";
        if (reply is ErrorMessage error)
            return Compare(ErrorOf(vector), $"{error.Code} {error.Text}");
        return vector.Decoded is { } decoded && vector.Name.StartsWith("js/", StringComparison.Ordinal)
            ? Compare(string.Join('\n', JavaScriptReplies.Lines(decoded)), string.Join('\n', JavaScriptReplies.Lines(reply)))
            : "";
    }

    private static string ErrorOf(WireVector vector)
    {
        if (vector.Name.StartsWith("crafted/", StringComparison.Ordinal))
            return "OTSNoPermissionAccess no permission";
        if (vector.ClientError is not JObject error)
        {
            var said = ((string)vector.ClientError!).Split(["ErrorCode: ", ", ErrorMessage: ", ", RequestID: "], StringSplitOptions.None);
            return $"{said[1]} {said[2]}";
        }
        // The JavaScript client shows the two fields undecoded: tag, length, text.
        var raw = ((string)error["message"]!).Split(" requestId:")[0];
        var code = raw[2..(2 + raw[1])];
        return $"{code} {raw[(4 + code.Length)..]}";
    }

    private static string Compare(string expected, string actual) =>
        expected == actual ? "" : $"The client read\n{expected}\nand we\n{actual}";

    private static bool Throws(Action action)
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
