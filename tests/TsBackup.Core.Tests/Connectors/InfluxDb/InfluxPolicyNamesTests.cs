using TsBackup.Connectors.InfluxDb;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb;

public sealed class InfluxPolicyNamesTests
{
    private static readonly Dictionary<string, string> s_names = new() { ["a"] = "new a", ["b"] = "a", ["r 2"] = "r3" };

    [Theory]
    [InlineData("CREATE CONTINUOUS QUERY a ON db BEGIN SELECT mean(a) INTO db.b.a FROM db.a.a, b.m GROUP BY time(1m), * END",
        "CREATE CONTINUOUS QUERY a ON db BEGIN SELECT mean(a) INTO db.\"a\".a FROM db.\"new a\".a, \"a\".m GROUP BY time(1m), * END")]
    [InlineData("CREATE SUBSCRIPTION a ON \"a\".\"r 2\" DESTINATIONS ALL 'udp://a.b:1'", "CREATE SUBSCRIPTION a ON \"a\".\"r3\" DESTINATIONS ALL 'udp://a.b:1'")]
    [InlineData("SELECT a.b FROM db..a WHERE a.b = 'FROM a.m'", "SELECT a.b FROM db..a WHERE a.b = 'FROM a.m'")]
    [InlineData("SELECT x INTO a.:MEASUREMENT FROM (SELECT y FROM b./a.b/)", "SELECT x INTO \"new a\".:MEASUREMENT FROM (SELECT y FROM \"a\"./a.b/)")]
    public void AStatementGetsTheNamesWhereItNamesPolicies(string statement, string expected) =>
        Assert.Equal(expected, InfluxPolicyNames.Apply(statement, s_names));

    [Theory]
    [InlineData("retention-policy", "b", "a")]
    [InlineData("subscription", "r 2/s/1", "r 2/s/1")]
    [InlineData("subscription", "r 2/s1", "r3/s1")]
    [InlineData("user", "a", "a")]
    [InlineData("continuous-query", "a", "a")]
    public void ADocumentKeepsItsNameUnlessThatNamesAPolicy(string kind, string name, string expected) =>
        Assert.Equal(expected, InfluxPolicyNames.Apply(new SettingsDocument(kind, name, "x", "{}"), s_names).Name);
}
