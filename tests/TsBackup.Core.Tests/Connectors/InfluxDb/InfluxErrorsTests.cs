using System.Text;
using TsBackup.Connectors.Http;
using TsBackup.Connectors.InfluxDb;
using TsBackup.Errors;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb;

public sealed class InfluxErrorsTests
{
    [Theory]
    [InlineData(403, "error authorizing query: no", ErrorId.StoreAccessDenied)]
    [InlineData(401, "authorization failed", ErrorId.StoreCredentialRejected)]
    [InlineData(401, "unable to parse authentication credentials", ErrorId.StoreCredentialRejected)]
    [InlineData(404, "database not found: \"d\"", ErrorId.StoreNotFound)]
    [InlineData(400, "error parsing query", ErrorId.StoreQueryFailed)]
    [InlineData(500, "engine is closed", ErrorId.StoreQueryFailed)]
    public void WhatTheServerSaysIsReadFromJsonAndMsgpackAlike(int status, string text, ErrorId id)
    {
        foreach (var body in new[] { Encoding.UTF8.GetBytes($"{{\"error\":{Newtonsoft.Json.JsonConvert.ToString(text)}}}"), Packed(text), Packed(text + new string('x', 300)) })
        {
            using var reply = new HttpResponseMessage();
            var failure = new HttpFailure("store", status, reply.Headers, body);

            var verdict = InfluxErrors.Judge(failure)!;

            Assert.StartsWith(text, InfluxErrors.TextOf(failure), StringComparison.Ordinal);
            Assert.Equal(id, verdict.Error.Id);
            Assert.DoesNotContain('\uFFFD', verdict.Error.Message);
        }
    }

    [Fact]
    public void HostileBytesAreNoTextOfMsgpack()
    {
        var whole = Packed("error authorizing query");
        using var reply = new HttpResponseMessage();
        for (var length = 0; length < whole.Length; length++)
            Assert.NotNull(InfluxErrors.Judge(new HttpFailure("store", 403, reply.Headers, whole[..length])));
        whole[8] = 0xff;
        Assert.NotNull(InfluxErrors.Judge(new HttpFailure("store", 403, reply.Headers, whole)));
    }

    private static byte[] Packed(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        byte[] head = bytes.Length switch
        {
            < 32 => [(byte)(0xa0 | bytes.Length)],
            < 256 => [0xd9, (byte)bytes.Length],
            _ => [0xda, (byte)(bytes.Length >> 8), (byte)bytes.Length],
        };
        return [0x81, 0xa5, .. "error"u8, .. head, .. bytes];
    }
}
