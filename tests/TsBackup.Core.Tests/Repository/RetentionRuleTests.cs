using TsBackup.Repository;
using Xunit;

namespace TsBackup.Tests.Repository;

public sealed class RetentionRuleTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void NoRuleKeepsEverything() => Assert.All(new RetentionRule().Evaluate(Daily(5)), decision => Assert.True(decision.Keep));

    [Fact]
    public void LastKeepsTheNewest() => Assert.Equal([4, 3], Kept(new RetentionRule { KeepLast = 2 }, Daily(5)));

    [Fact]
    public void CalendarRulesKeepTheNewestOfEach()
    {
        Assert.Equal([59, 58, 57], Kept(new RetentionRule { KeepDaily = 3 }, Daily(60)));
        Assert.Equal([59, 58, 30], Kept(new RetentionRule { KeepMonthly = 3 }, Daily(60)).Where(day => day is 59 or 58 or 30));
        Assert.Equal([59, 52], Kept(new RetentionRule { KeepWeekly = 2 }, Daily(60)));
        Assert.Equal([399, 364], Kept(new RetentionRule { KeepYearly = 2 }, Daily(400)));
        Assert.Equal([59, 58], Kept(new RetentionRule { KeepHourly = 2 }, Daily(60)));
    }

    [Fact]
    public void RulesAddUp() => Assert.Equal([9, 8, 0], Kept(new RetentionRule { KeepLast = 2, KeepTags = ["t"] }, Daily(10, tagged: 0)));

    [Fact]
    public void WithinCountsFromTheNewestVersion() =>
        Assert.Equal([9, 8, 7], Kept(new RetentionRule { KeepWithin = TimeSpan.FromDays(2) }, Daily(10)));

    [Fact]
    public void TheLastCompleteVersionStaysUnlessForced()
    {
        var versions = Daily(3).Select((version, i) => i == 0 ? version : version with { State = VersionState.Incomplete }).ToList();
        Assert.Equal([2, 1, 0], Kept(new RetentionRule { KeepTags = ["none"] }, versions));
        Assert.Equal([2, 1], Kept(new RetentionRule { KeepTags = ["none"], Force = true }, versions));
    }

    [Fact]
    public void AVersionOfAPartDoesNotDisplaceOneOfTheWholeStore()
    {
        var versions = Daily(4);
        versions[3] = versions[3] with { ScopeText = "tables cpu" };
        Assert.Equal([3, 2], Kept(new RetentionRule { KeepLast = 1 }, versions).OrderDescending());
        Assert.Equal([2], Kept(new RetentionRule { KeepTags = ["none"] }, versions).Except([3]));
    }

    [Fact]
    public void AnIncompleteVersionDoesNotDisplaceACompleteOne()
    {
        var versions = Daily(4);
        versions[1] = versions[1] with { State = VersionState.Incomplete };
        Assert.Equal([3, 2], Kept(new RetentionRule { KeepLast = 2 }, versions));
    }

    [Fact]
    public void AProtectedVersionStays()
    {
        var versions = Daily(3);
        versions[0] = versions[0] with { IsProtected = true };
        Assert.Equal([2, 0], Kept(new RetentionRule { KeepLast = 1 }, versions));
    }

    [Fact]
    public void EachStoreIsLookedAtByItself()
    {
        var versions = Daily(3).Concat(Daily(3).Select(version => version with { Id = "b" + version.Id, Store = "b" }));
        Assert.Equal(2, new RetentionRule { KeepLast = 1 }.Evaluate(versions).Count(decision => decision.Keep));
    }

    private static List<VersionHeader> Daily(int count, int tagged = -1) => [.. Enumerable.Range(0, count).Select(day => new VersionHeader
    {
        Id = day.ToString("D4"),
        Store = "a",
        Started = s_start.AddDays(day),
        Tags = day == tagged ? ["t"] : [],
    })];

    private static List<int> Kept(RetentionRule rule, IEnumerable<VersionHeader> versions) =>
        [.. rule.Evaluate(versions).Where(decision => decision.Keep).Select(decision => int.Parse(decision.Version.Id))];
}
