using TsBackup.Errors;
using TsBackup.Storage;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Storage;

public sealed class StorageFactoryTests
{
    [Theory]
    [InlineData("/tmp/x", "/tmp/x")]
    [InlineData("/tmp/x/", "/tmp/x")]
    [InlineData("file:///tmp/x", "/tmp/x")]
    [InlineData("FILE:///tmp/a%20b", "/tmp/a b")]
    public void APathOrFileUriIsAFolder(string text, string location)
    {
        if (!OperatingSystem.IsWindows())
            Assert.Equal(location, Assert.IsType<LocalStorage>(StorageFactory.Open(text)).Location);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("s3://bucket/x")]
    [InlineData("file:///x?y")]
    [InlineData("a\0b")]
    public void OtherTextsAreRefused(string text) =>
        ErrorAssert.Throws(ErrorId.RepositoryUriInvalid, () => StorageFactory.Open(text));
}
