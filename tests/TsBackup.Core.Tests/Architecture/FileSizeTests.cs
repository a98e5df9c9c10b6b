using Xunit;

namespace TsBackup.Tests.Architecture;

public sealed class FileSizeTests
{
    [Theory]
    [InlineData("src/TsBackup.Core")]
    [InlineData("src/TsBackup")]
    [InlineData("src/TsBackup.Cli")]
    [InlineData("src/TsBackup.Tablestore.Protocol")]
    [InlineData("tests/TsBackup.Core.Tests")]
    [InlineData("tests/TsBackup.TestServers")]
    public void NoFileIsLongerThan450Lines(string folder) =>
        Assert.All(SourceTree.Read(folder), file => Assert.True(file.Text.Count(c => c == '\n') <= 450, file.Path));
}
