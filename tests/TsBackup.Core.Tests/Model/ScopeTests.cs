using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Model;

public sealed class ScopeTests
{
    [Theory]
    [InlineData("cpu", "", "cpu", true)]
    [InlineData("cpu", "", "CPU", false)]
    [InlineData("c*", "", "cpu", true)]
    [InlineData("c?u", "", "cpu", true)]
    [InlineData("c?", "", "cpu", false)]
    [InlineData("", "", "anything", true)]
    [InlineData("", "cpu", "cpu", false)]
    [InlineData("c*", "*u", "cpu", false)]
    [InlineData("autogen/cpu", "", "cpu", true)]
    [InlineData("autogen/*", "", "cpu", true)]
    [InlineData("other/*", "", "cpu", false)]
    [InlineData("", "autogen/c*", "cpu", false)]
    [InlineData("a\\b", "", "a\\b", true)]
    [InlineData("a\"<>b", "", "a\"<>b", true)]
    public void PatternsDecideWhichTablesAreMeant(string include, string exclude, string table, bool covered)
    {
        var scope = new Scope(include.Length == 0 ? [] : [include], exclude.Length == 0 ? [] : [exclude], TimeRange.All);
        Assert.Equal(covered, scope.Covers(new TableId("autogen", table)));
    }

    [Fact]
    public void AnyLimitMakesAScopePartial()
    {
        Assert.False(Scope.All.IsPartial);
        Assert.True((Scope.All with { Include = ["a"] }).IsPartial);
        Assert.True((Scope.All with { Exclude = ["a"] }).IsPartial);
        Assert.True((Scope.All with { Range = new TimeRange(0, 1) }).IsPartial);
    }

    [Fact]
    public void ColumnsAreOrderedByTheUtf8BytesOfTheirNames()
    {
        string[] names = ["a", "ab", "b", "é", "\uFFFD", "\U0001F600"];
        var schemas = names.Select(name => new ColumnSchema(name, ColumnRole.Value, ColumnType.Int64)).ToArray();
        for (var i = 0; i < names.Length; i++)
        {
            for (var j = 0; j < names.Length; j++)
                Assert.Equal(i.CompareTo(j), Math.Sign(ColumnSchema.CompareCanonical(schemas[i], schemas[j])));
        }
    }
}
