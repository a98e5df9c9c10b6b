using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace TsBackup.Tests.Architecture;

public sealed partial class ThreatModelDocumentTests
{
    private static readonly Type[] s_tests = Assembly.GetExecutingAssembly().GetTypes();

    public static TheoryData<string, string> Lines
    {
        get
        {
            var lines = new TheoryData<string, string>();
            foreach (var (claim, tests) in ReadLines())
                lines.Add(claim, tests);
            return lines;
        }
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void EveryLineOfTheThreatModelNamesTestsThatExist(string claim, string tests)
    {
        var names = TestName().Matches(tests).Select(match => match.Groups[1].Value).ToArray();
        Assert.True(names.Length > 0, $"No test proves: {claim}");
        Assert.All(names, name => Assert.True(IsTest(name), $"{name} is no test; it is to prove: {claim}"));
    }

    [Fact]
    public void TheThreatModelIsThere() => Assert.True(ReadLines().Length > 15);

    private static bool IsTest(string name)
    {
        var parts = name.Split('.');
        return s_tests.Where(type => type.Name == parts[0] && !type.IsAbstract)
            .SelectMany(type => type.GetMethods())
            .Any(method => method.Name == parts[1] && method.GetCustomAttributes<FactAttribute>().Any());
    }

    private static (string, string)[] ReadLines() =>
    [
        .. File.ReadLines(Path.Combine(SourceTree.Root, "src", "TsBackup.Core", "FORMAT.md"))
            .SkipWhile(line => !line.StartsWith("## 14.", StringComparison.Ordinal))
            .TakeWhile(line => !line.StartsWith("## 15.", StringComparison.Ordinal))
            .Where(line => line.StartsWith('|'))
            .Skip(2)
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => (cells[1], cells[^1])),
    ];

    [GeneratedRegex(@"`(\w+\.\w+)`")]
    private static partial Regex TestName();
}
