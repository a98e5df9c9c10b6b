using TsBackup.Connectors;
using TsBackup.Connectors.Tablestore;
using TsBackup.Errors;
using Xunit;

namespace TsBackup.Tests.Connectors.Tablestore;

public sealed class TablestoreEndpointTests
{
    [Theory]
    [InlineData("myinst?region=cn-hangzhou", "https://myinst.cn-hangzhou.ots.aliyuncs.com/", "myinst")]
    [InlineData("myinst?region=cn-hangzhou&network=public", "https://myinst.cn-hangzhou.ots.aliyuncs.com/", "myinst")]
    [InlineData("myinst?region=eu-central-1&network=internal", "https://myinst.eu-central-1.ots-internal.aliyuncs.com/", "myinst")]
    [InlineData("myinst/MyInst?region=cn-hangzhou&network=vpc", "https://myinst.cn-hangzhou.vpc.tablestore.aliyuncs.com/", "MyInst")]
    [InlineData("myinst.cn-hangzhou.ots.aliyuncs.com", "https://myinst.cn-hangzhou.ots.aliyuncs.com/", "myinst")]
    [InlineData("proxy.local:8443/myinst", "https://proxy.local:8443/", "myinst")]
    public void TheEndpointFollowsFromRegionAndNetwork(string rest, string endpoint, string instance)
    {
        var made = TablestoreEndpoint.From(StoreAddress.Parse("tablestore+https://id:secret@" + rest));
        Assert.Equal((endpoint, instance), (made.BaseAddress.ToString(), made.Instance));
        Assert.Equal(("id", "secret"), (made.Credentials.AccessKeyId, made.Credentials.AccessKeySecret));
    }

    [Fact]
    public void OneInstanceNameInTwoRegionsIsTwoStores()
    {
        string IdentityOf(string region) =>
            TablestoreEndpoint.From(StoreAddress.Parse($"tablestore+https://id:secret@myinst?region={region}&cut=none")).Address.ToString();
        Assert.NotEqual(IdentityOf("cn-hangzhou"), IdentityOf("cn-beijing"));
        Assert.Equal("tablestore+https://myinst.cn-beijing.ots.aliyuncs.com/myinst", IdentityOf("cn-beijing"));
    }

    [Theory]
    [InlineData("myinst")]
    [InlineData("myinst?network=vpc")]
    [InlineData("myinst?region=cn-hangzhou&network=moon")]
    [InlineData("myinst?region=a%2Fb")]
    [InlineData("myinst.cn-beijing.ots.aliyuncs.com?region=cn-hangzhou")]
    public void AnAddressThatDoesNotSayWhereIsRefused(string rest)
    {
        var error = Assert.Throws<TsBackupException>(
            () => TablestoreEndpoint.From(StoreAddress.Parse("tablestore+https://id:secret@" + rest)));
        Assert.Equal(ErrorId.StoreUriInvalid, error.Id);
    }

    [Fact]
    public void TheKeyComesFromAFileWithIdSecretAndToken()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "fileId\r\nfileSecret\r\nfileToken\r\n");
            var address = StoreAddress.Parse("tablestore+https://a.b/inst?key-file=" + Uri.EscapeDataString(file));
            var fromFile = TablestoreEndpoint.From(address).Credentials;
            Assert.Equal(("fileId", "fileSecret", "fileToken"), (fromFile.AccessKeyId, fromFile.AccessKeySecret, fromFile.SecurityToken));
            Assert.Equal("given", TablestoreEndpoint.From(address.WithCredential("given", "too")).Credentials.AccessKeyId);

            File.WriteAllText(file, "only an id");
            Assert.Equal(ErrorId.StoreCredentialRejected, Assert.Throws<TsBackupException>(() => TablestoreEndpoint.From(address)).Id);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
