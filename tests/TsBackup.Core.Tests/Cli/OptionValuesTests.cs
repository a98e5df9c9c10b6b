using System.CommandLine;
using TsBackup.Cli.Commands;
using TsBackup.Connectors;
using Xunit;

namespace TsBackup.Tests.Cli;

public sealed class OptionValuesTests
{
    [Theory]
    [InlineData("7d", 7 * 86400)]
    [InlineData("4h", 4 * 3600)]
    [InlineData("30m", 1800)]
    [InlineData("90s", 90)]
    [InlineData("0s", 0)]
    [InlineData("1.02:03:04", 93784)]
    [InlineData("0:0:5", 5)]
    [InlineData("-1.00:00:00", -86400)]
    public void ADurationIsANumberWithAUnitOrATime(string text, long seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Parse<TimeSpan?>(text, result => OptionValues.Duration(result)).Value);

    [Theory]
    [InlineData("7")]
    [InlineData("d")]
    [InlineData("7 days")]
    [InlineData("1.5h")]
    [InlineData("-7d")]
    [InlineData("99999999999999999d")]
    [InlineData("25:61:00")]
    public void AnythingElseIsNoDuration(string text)
    {
        var (_, error) = Parse<TimeSpan?>(text, result => OptionValues.Duration(result));
        Assert.Equal($"'{text}' is not a duration for --option: write 7d, 4h, 30m, 90s or d.hh:mm:ss.", error);
    }

    [Theory]
    [InlineData("full", BackupTestLevel.Full)]
    [InlineData("DRILL", BackupTestLevel.Drill)]
    public void AChoiceIsANameInAnyCase(string text, BackupTestLevel level) =>
        Assert.Equal(level, Parse(text, OptionValues.Choice<BackupTestLevel>).Value);

    [Theory]
    [InlineData("deep")]
    [InlineData("2")]
    [InlineData("quick,full")]
    public void AnythingElseNamesTheChoices(string text)
    {
        var (_, error) = Parse(text, OptionValues.Choice<BackupTestLevel>);
        Assert.Equal($"'{text}' is not a value of --option: use quick, stored, full, source or drill.", error);
        Assert.Equal(
            $"'{text}' is not a value of --option: use fail, skip, overwrite or merge.", Parse(text, OptionValues.Choice<OnConflict>).Error);
    }

    [Fact]
    public void NumbersAreReadAsInPrograms()
    {
        Assert.Equal(-3, Parse("-3", OptionValues.Number<int>).Value);
        Assert.Equal(0.5, Parse("0.5", OptionValues.Number<double>).Value);
        Assert.Equal(
            "'3.5' is not a whole number for --option, or it is out of range.", Parse("3.5", OptionValues.Number<int>).Error);
        Assert.Equal(
            "'9999999999' is not a whole number for --option, or it is out of range.", Parse("9999999999", OptionValues.Number<int>).Error);
        Assert.Equal("'NaN' is not a number for --option, or it is out of range.", Parse("NaN", OptionValues.Number<double>).Error);
    }

    [Theory]
    [InlineData("remove", "--repository", "x", "--keep-within", "soon")]
    [InlineData("remove", "--repository", "x", "--keep-last", "some")]
    [InlineData("test", "--repository", "x", "--max-age", "soon")]
    [InlineData("test", "--repository", "x", "--sample", "some")]
    [InlineData("test", "--repository", "x", "--level", "deep")]
    [InlineData("compact", "--repository", "x", "--grace", "soon")]
    [InlineData("restore", "latest", "file:///x", "--repository", "x", "--on-conflict", "maybe")]
    [InlineData("backup", "file:///x", "--repository", "x", "--timeout", "soon")]
    [InlineData("backup", "file:///x", "--repository", "x", "--parallelism", "some")]
    public async Task WhatDoesNotFitIsSaidWithoutNamesOfTypes(params string[] arguments)
    {
        var result = (await CommandLine.RunAsync(null, arguments)).Expect(2);
        Assert.Contains($"'{arguments[^1]}' is not a ", result.Error, StringComparison.Ordinal);
        Assert.Contains(arguments[^2], result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("TsBackup.", result.Error, StringComparison.Ordinal);
    }

    private static (T? Value, string? Error) Parse<T>(string text, Func<System.CommandLine.Parsing.ArgumentResult, T> parser)
    {
        var option = new Option<T>("--option") { CustomParser = parser };
        var parsed = new RootCommand { option }.Parse(["--option=" + text]);
        return parsed.Errors.Count > 0 ? (default, parsed.Errors[0].Message) : (parsed.GetValue(option), null);
    }
}
