using TsBackup.Errors;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Model;

public sealed class TimeTests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("1970-01-01T00:00:00.000000001Z", 1)]
    [InlineData("1969-12-31T23:59:59.999999999Z", -1)]
    [InlineData("2026-01-31T08:00:00+01:00", 1769842800000000000)]
    [InlineData("2026-01-31", 1769817600000000000)]
    [InlineData("2026-01-31T08:00:00.5", 1769846400500000000)]
    [InlineData("1677-09-21T00:12:43.145224192Z", long.MinValue)]
    [InlineData("2262-04-11T23:47:16.854775807Z", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("0", 0)]
    [InlineData("1769842800000000000", 1769842800000000000)]
    public void TimesAreRead(string text, long expected) => Assert.Equal(expected, TimeText.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("2026")]
    [InlineData("yesterday")]
    [InlineData("01/02/2026")]
    [InlineData("2026-13-01T00:00:00Z")]
    [InlineData("2026-01-31T08:00:00.1234567890Z")]
    [InlineData("2026-01-31T08:00:00.Z")]
    [InlineData("2262-04-11T23:47:16.854775808Z")]
    [InlineData("1677-09-21T00:12:43.145224191Z")]
    [InlineData("9223372036854775808")]
    public void WhatIsNoTimeIsRefused(string text) =>
        Assert.Equal(ErrorId.TimeInvalid, Assert.Throws<TsBackupException>(() => TimeText.Parse(text)).Id);

    [Fact]
    public void WhatIsWrittenIsReadBack()
    {
        var random = new Random(1);
        for (var i = 0; i < 1000; i++)
        {
            var time = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(60);
            Assert.Equal(time, TimeText.Parse(TimeText.Format(time)));
        }
        Assert.Equal("1677-09-21T00:12:43.145224192Z", TimeText.Format(long.MinValue));
    }

    [Fact]
    public void RangesIncludeBothEnds()
    {
        var range = TimeRange.FromStartEnd(10, 20);
        Assert.Equal(new TimeRange(10, 19), range);
        Assert.True(range.Contains(10) && range.Contains(19) && !range.Contains(20) && !range.Contains(9));
        Assert.True(range.Contains(new TimeRange(10, 19)) && !range.Contains(new TimeRange(10, 20)));
        Assert.True(range.Overlaps(new TimeRange(19, 30)) && !range.Overlaps(new TimeRange(20, 30)));
        Assert.Equal(new TimeRange(15, 19), range.Intersect(new TimeRange(15, 99)));
        Assert.True(range.Intersect(new TimeRange(30, 40)).IsEmpty);
    }

    [Fact]
    public void OpenEndsReachAsFarAsTimesGo()
    {
        Assert.Equal(TimeRange.All, TimeRange.FromStartEnd(null, null));
        Assert.Equal(new TimeRange(5, long.MaxValue), TimeRange.FromStartEnd(5, null));
        Assert.Equal(new TimeRange(long.MinValue, 4), TimeRange.FromStartEnd(null, 5));
        Assert.Equal("all", TimeRange.All.ToString());
    }

    [Theory]
    [InlineData(5L, 5L)]
    [InlineData(6L, 5L)]
    [InlineData(null, long.MinValue)]
    [InlineData(long.MinValue, long.MinValue)]
    public void AnEmptyRangeIsRefused(long? start, long? end) =>
        Assert.Equal(ErrorId.TimeRangeInvalid, Assert.Throws<TsBackupException>(() => TimeRange.FromStartEnd(start, end)).Id);
}
