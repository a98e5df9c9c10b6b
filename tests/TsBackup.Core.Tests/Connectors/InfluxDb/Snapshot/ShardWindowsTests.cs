using TsBackup.Connectors.InfluxDb.Snapshot;
using Xunit;

namespace TsBackup.Tests.Connectors.InfluxDb.Snapshot;

public sealed class ShardWindowsTests
{
    private static readonly Int128 s_epoch = (Int128)62_135_596_800 * 1_000_000_000;

    [Fact]
    public void WindowsAreTheServersOnes()
    {
        var random = new Random(4711);
        long[] lengths = [1, 3_600_000_000_000, 86_400_000_000_000, 7 * 86_400_000_000_000, 86_399_999_999_999, long.MaxValue];
        foreach (var length in lengths)
        {
            var windows = new ShardWindows(length);
            var zero = (long)(s_epoch / length);
            for (var i = 0; i < 2000; i++)
            {
                var time = i switch { 0 => long.MinValue + 2, 1 => long.MaxValue - 1, 2 => 0, 3 => -1, _ => random.NextInt64(long.MinValue + 2, long.MaxValue) };
                var index = (time + s_epoch) / length;
                var last = Int128.Min(((index + 1) * length) - s_epoch - 1, long.MaxValue);

                Assert.True((long)(index - zero) == windows.IndexOf(time), $"{time} in windows of {length}");
                Assert.True((long)last == windows.LastOf(time), $"end of {time} in windows of {length}");
            }
        }
    }

    [Fact]
    public void RowsAreCutAtTheEndOfTheWindow()
    {
        var windows = new ShardWindows(3_600_000_000_000);
        var end = windows.LastOf(0);

        Assert.Equal(2, windows.EndOf([0, end, end + 1, end + 2], 0, 4));
        Assert.Equal(4, windows.EndOf([0, end, end + 1, end + 2], 2, 4));
        Assert.Equal(2, windows.EndOf([0, 1, end + 7], 0, 3));
        Assert.Equal(1, windows.EndOf([5], 0, 1));
    }
}
