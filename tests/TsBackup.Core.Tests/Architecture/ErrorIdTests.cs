using System.Text.RegularExpressions;
using TsBackup.Errors;
using Xunit;

namespace TsBackup.Tests.Architecture;

public sealed partial class ErrorIdTests
{
    private static readonly Lazy<string> s_sources = new(ReadSources);
    private static readonly Lazy<string> s_tests = new(ReadTests);
    private static readonly Lazy<Dictionary<string, string[]>> s_documented = new(ReadDocumentation);

    public static TheoryData<ErrorId> Ids => [.. Enum.GetValues<ErrorId>()];

    [Theory]
    [MemberData(nameof(Ids))]
    public void EveryErrorIdHasAKind(ErrorId id) =>
        Assert.Equal(id == ErrorId.InternalError, ErrorCatalog.KindOf(id) == ErrorKind.Internal);

    [Theory]
    [MemberData(nameof(Ids))]
    public void EveryErrorIdIsDocumentedWithItsKind(ErrorId id)
    {
        Assert.True(s_documented.Value.TryGetValue(id.ToString(), out var row), $"about_TsBackup_Errors has no row for {id}.");
        Assert.Equal(ErrorCatalog.KindOf(id).ToString(), row[1]);
        Assert.All(row[2..4], text => Assert.True(text.Length > 10, $"The row for {id} says nothing."));
    }

    [Fact]
    public void EveryDocumentedErrorIdExists() =>
        Assert.Empty(s_documented.Value.Keys.Except(Enum.GetNames<ErrorId>()));

    public static TheoryData<ErrorId> RaisedIds => [.. Enum.GetValues<ErrorId>().Where(IsRaised)];

    [Theory]
    [MemberData(nameof(RaisedIds))]
    public void EveryErrorIdThatIsRaisedIsNamedByATest(ErrorId id) =>
        Assert.True(Regex.IsMatch(s_tests.Value, $@"\b{id}\b"), $"No test names {id}.");

    private static bool IsRaised(ErrorId id) => s_sources.Value.Contains($"ErrorId.{id}", StringComparison.Ordinal);

    private static string ReadSources() => string.Join(
        '\n', SourceTree.Read("src")
            .Where(file => !file.Path.StartsWith("TsBackup.Core/Errors/", StringComparison.Ordinal)).Select(file => file.Text));

    private static string ReadTests()
    {
        var units = SourceTree.Read("tests/TsBackup.Core.Tests").Where(file => file.Folder != "Architecture").Select(file => file.Text);
        var pester = Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "tests", "Pester"), "*.ps1").Select(File.ReadAllText);
        return string.Join('\n', units.Concat(pester));
    }

    private static Dictionary<string, string[]> ReadDocumentation() =>
        File.ReadLines(Path.Combine(SourceTree.Root, "en-US", "about_TsBackup_Errors.md"))
            .Where(line => Row().IsMatch(line))
            .Select(line => line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length == 4 && cells[0] != "id")
            .ToDictionary(cells => cells[0]);

    [GeneratedRegex(@"^\| \w+ \| ")]
    private static partial Regex Row();
}
